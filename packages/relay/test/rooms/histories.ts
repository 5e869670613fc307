import fc from 'fast-check';
import * as Y from 'yjs';

/** One thing that happens to one of three documents of a room. */
export interface Step {
  readonly at: number;
  readonly kind: keyof typeof edits | 'deliver' | 'deliverAll';
  readonly amount: number;
  readonly from: number;
}

type Edit = (doc: Y.Doc, amount: number) => void;

/** Every kind of content that an update can hold. */
const edits = {
  overwrite: (doc, amount) => doc.getMap('map').set('key', amount),
  set: (doc, amount) =>
    doc.getMap('map').set(`k${amount % 3}`, { amount, list: [null, true, 1.5] }),
  push: (doc, amount) =>
    doc
      .getArray('list')
      .push(['a', { not: undefined }, { big: 2n ** 40n }, amount].slice(0, 1 + (amount % 4))),
  insert: (doc, amount) =>
    doc.getText('text').insert(0, ['x', 'ä', '漢字', 'ok'][amount % 4] as string),
  type: (doc, amount) => doc.getText('text').insert(doc.getText('text').length, `${amount}`),
  format: (doc, amount) => {
    const text = doc.getText('text');
    if (text.length > 0)
      text.format(0, 1 + (amount % text.length), { bold: amount % 2 === 0 || null });
  },
  embed: (doc, amount) => doc.getText('text').insertEmbed(0, { image: amount }),
  erase: (doc, amount) => {
    const text = doc.getText('text');
    if (text.length > 0) text.delete(0, 1 + (amount % text.length));
  },
  remove: (doc, amount) => {
    const list = doc.getArray('list');
    if (list.length > 0) list.delete(amount % list.length, 1);
  },
  unset: (doc, amount) => doc.getMap('map').delete(`k${amount % 3}`),
  binary: (doc, amount) => doc.getArray('list').push([new Uint8Array(amount)]),
  nest: (doc, amount) => {
    const inner = new Y.Map();
    doc.getMap('map').set('inner', inner);
    inner.set('deep', new Y.Array());
    (inner.get('deep') as Y.Array<unknown>).push([amount]);
  },
  markup: (doc, amount) => {
    const element = new Y.XmlElement(`p${amount}`);
    doc.getXmlFragment('markup').push([element, new Y.XmlText('hello')]);
    element.setAttribute('class', 'wide');
  },
  document: (doc, amount) =>
    doc.getMap('map').set('document', new Y.Doc({ guid: `g${amount}`, meta: { amount } })),
} satisfies Record<string, Edit>;

const kinds = Object.keys(edits) as (keyof typeof edits)[];

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    at: fc.nat(2),
    kind: fc.constantFrom<Step['kind'][]>(...kinds, 'deliver', 'deliver', 'deliver', 'deliverAll'),
    amount: fc.nat(9),
    from: fc.nat(2),
  }),
  { maxLength: 60 },
);

export interface History {
  readonly documents: readonly Y.Doc[];
  /** What the documents' providers would have sent, in an order in which each was made. */
  readonly updates: readonly Uint8Array[];
}

/** Three clients of one room after these steps, not all in step with each other. */
export function play(script: readonly Step[]): History {
  const updates: Uint8Array[] = [];
  const documents = [11, 12, 2 ** 40].map((client) => {
    const document = new Y.Doc();
    document.clientID = client;
    document.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'delivered') updates.push(update);
    });
    return document;
  });
  for (const { at, kind, amount, from } of script) {
    const [to, source] = [documents[at] as Y.Doc, documents[from] as Y.Doc];
    if (kind === 'deliver' || kind === 'deliverAll') {
      const vector = kind === 'deliver' ? Y.encodeStateVector(to) : undefined;
      Y.applyUpdate(to, Y.encodeStateAsUpdate(source, vector), 'delivered');
    } else {
      to.transact(() => edits[kind](to, amount));
    }
  }
  return { documents, updates };
}

/** A document that was given these updates, in this order. */
export function documentOf(updates: Iterable<Uint8Array>): Y.Doc {
  const document = new Y.Doc();
  for (const update of updates) Y.applyUpdate(document, update);
  return document;
}

/** Everything that a document shows or hides, as a value to compare. */
export function contentOf(document: Y.Doc): unknown {
  return {
    map: { ...document.getMap('map').toJSON(), document: subdocumentOf(document) },
    list: document.getArray('list').toJSON(),
    text: document.getText('text').toDelta(),
    markup: document.getXmlFragment('markup').toJSON(),
    vector: Y.decodeStateVector(Y.encodeStateVector(document)),
    waits: document.store.pendingStructs !== null || document.store.pendingDs !== null,
  };
}

function subdocumentOf(document: Y.Doc): unknown {
  const inner = document.getMap('map').get('document');
  return inner instanceof Y.Doc ? [inner.guid, inner.meta] : undefined;
}
