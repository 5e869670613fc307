// What a page is served in place of `index.ts`: the same `openMesh`, and nothing of Node.
export * from '@mnemesh/open-mesh-browser';
