// Which part may import which. The arrows run one way; `pnpm arrows` and `npm test` hold them.
// Rules bind sources (src/). Test files may import anything their package.json declares.

/** Sources of the named packages (names are regular expressions). */
const src = (...names) => `^packages/(${names.join('|')})/src/`;
/** Any file of a workspace package or app. */
const anyMember = '^(packages|apps)/';
const members = (...names) => `^packages/(${names.join('|')})/`;
const testFile = '^(packages|apps)/[^/]+/test/|^test/';

/** A package that may import only itself and the named packages. */
const only = (name, allowed, comment) => ({
  name: `${name}-arrows`,
  comment,
  severity: 'error',
  from: { path: src(name) },
  to: { path: anyMember, pathNot: members(name, ...allowed) },
});

export default {
  forbidden: [
    only('protocol', [], 'protocol is the bottom: it imports no workspace package.'),
    only('segment', ['protocol'], 'segment knows only the protocol.'),
    only('sqlite', ['protocol'], 'sqlite knows only the protocol.'),
    only('runtime-node', ['protocol'], 'the Node runtime knows only the protocol.'),
    only('runtime-browser', ['protocol'], 'the runtime of browsers knows only the protocol.'),
    only('core', ['protocol', 'segment'], 'core knows ports, never an adapter.'),
    only('recall', ['protocol', 'core'], 'recall knows the ports, never a store.'),
    only('signaling', ['protocol'], 'a signaling server knows no mesh.'),
    only(
      'relay',
      ['protocol', 'segment', 'signaling', 'sqlite', 'runtime-node'],
      'the relay runs without the sync engine.',
    ),
    {
      name: 'adapter-arrows',
      comment: 'Adapters know the ports, and never each other.',
      severity: 'error',
      from: {
        path: '^packages/((?:storage|transport)-(?!y-)[^/]+)/src/',
        pathNot: src('transport-broadcast'),
      },
      to: { path: anyMember, pathNot: members('protocol', 'core', 'segment', 'sqlite', '$1') },
    },
    only(
      'storage-y-indexeddb',
      ['protocol', 'core', 'storage-indexeddb'],
      'documents in y-indexeddb databases are a part of the store on IndexedDB, in a package of their own because they bring Yjs.',
    ),
    only('holder', ['protocol', 'core'], 'the holder shares a replica that others open.'),
    only(
      'transport-broadcast',
      ['protocol', 'holder'],
      'channels between tabs are the adapter of the holder in a browser.',
    ),
    only('holder-socket', ['protocol', 'core', 'holder'], 'the socket adapter of the holder.'),
    only(
      'open-mesh-browser',
      [
        'protocol',
        'core',
        'holder',
        'recall',
        'runtime-browser',
        'storage-[^/]*indexeddb',
        'transport-[^/]+',
      ],
      'open-mesh-browser puts core and the adapters of browsers together, and nothing else.',
    ),
    only(
      'open-mesh',
      [
        'protocol',
        'core',
        'holder',
        'holder-socket',
        'recall',
        'runtime-[^/]+',
        'open-mesh-browser',
        'signaling',
        'storage-[^/]+',
        'transport-[^/]+',
      ],
      'open-mesh puts core and the adapters together, and nothing else.',
    ),
    only('mcp', ['protocol', 'core'], 'the MCP server knows a mesh; who opens it is its caller.'),
    only(
      'background-sync',
      ['protocol', 'core', 'runtime-browser'],
      'a worker that sends knows a mesh; who opens it is its caller.',
    ),
    only('react', ['core'], 'the hooks know a mesh; who opens it is their caller.'),
    {
      name: 'console-arrows',
      comment:
        'The console is an app over the packages that anybody has: it reaches behind none of them.',
      severity: 'error',
      from: { path: '^apps/console/src/app/' },
      to: {
        path: anyMember,
        pathNot: [
          members('protocol', 'core', 'open-mesh', 'react', 'background-sync'),
          '^apps/console/src/app/',
        ],
      },
    },
    {
      name: 'mcp-sdk-in-mcp',
      comment: 'The MCP SDK brings a web framework along: it stays out of every other part.',
      severity: 'error',
      from: { path: '^packages/', pathNot: ['^packages/mcp(-clients)?/', testFile] },
      to: { path: '(^|/)node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'no-app-in-package',
      comment: 'Apps are the top: no package imports one.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^apps/' },
    },
    {
      name: 'nothing-imports-bench',
      comment: 'Benchmarks measure the product; the product does not know of them.',
      severity: 'error',
      from: { pathNot: '^bench/' },
      to: { path: '^bench/' },
    },
    {
      name: 'index-only',
      comment:
        'Another package is imported by its index; its other modules are its own. A page of a test has an index of its own.',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+)/' },
      to: {
        path: '^(packages|apps)/[^/]+/',
        pathNot: [
          '^(packages|apps)/[^/]+/(src/index\\.ts|dist/index\\.(js|d\\.ts))$',
          '^packages/testing(-browser)?/(src/page\\.ts|dist/page\\.(js|d\\.ts))$',
          '^$1/',
        ],
      },
    },
    {
      name: 'testing-in-tests',
      comment: 'Only test files import the testing packages, and the benches that drive a browser.',
      severity: 'error',
      from: {
        pathNot: [
          testFile,
          members('testing', 'testing-browser'),
          '^bench/src/(browser-storage|console-typing)/',
        ],
      },
      to: { path: members('testing', 'testing-browser') },
    },
    {
      name: 'mcp-clients-in-tests',
      comment: 'Clients that are sent against memory servers belong to tests and benchmarks.',
      severity: 'error',
      from: { pathNot: [testFile, members('mcp-clients'), '^bench/'] },
      to: { path: members('mcp-clients') },
    },
    {
      name: 'no-circular',
      comment: 'No module reaches itself through its imports, types included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'node-builtins',
      comment:
        'Platform modules live in adapters, the relay, apps and tests; the rest is portable.',
      severity: 'error',
      from: {
        path: '^packages/',
        pathNot: [
          testFile,
          members(
            'sqlite',
            'runtime-node',
            'storage-sqlite',
            'relay',
            'transport-websocket',
            'transport-webrtc',
            'signaling',
            'holder-socket',
            'mcp',
            'mcp-clients',
            'open-mesh',
            'testing',
            'testing-browser',
          ),
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'yjs-in-few-places',
      comment: 'Yjs is imported where documents are handled; the rest sees bytes and envelopes.',
      severity: 'error',
      from: {
        pathNot: [
          testFile,
          members(
            'segment',
            'relay',
            'storage-y-indexeddb',
            'transport-websocket',
            'transport-webrtc',
            'testing',
          ),
          '^packages/core/src/documents',
          '^bench/',
        ],
      },
      to: { path: '(^|/)node_modules/yjs/' },
    },
    {
      name: 'resolvable',
      comment: 'Every import is declared in the package.json of the package that makes it.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Built files, and the bin files that only load them.
    // What the bench compares with is installed by the bench alone.
    exclude: { path: '^(packages/[^/]+|apps/[^/]+|test|bench)/(dist|bin)/|^bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    // `source` leads a workspace import to the other package's src/index.ts.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'types', 'import', 'node', 'default'],
    },
  },
};
