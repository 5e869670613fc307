import type { Prose, ProseDocument } from '@mnemesh/core';
import { MnemeshError, type RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { missing, parseRecordName, uriOf } from '../record-name.js';
import { filled } from '../schemas.js';
import { defineTool } from '../tool.js';

export const documentWrite = defineTool({
  name: 'document_write',
  title: 'Write in a document',
  description:
    'Adds text to the end of a document that others edit at the same time, or puts it in the place of text found there; without an id begins a new one. Nothing that others type meanwhile is lost. For a single fact use remember.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input: v.strictObject({
    id: v.optional(filled('Id or address of the document. Without it a new one is begun')),
    title: v.optional(filled('Title of a new document, or a new title')),
    text: v.pipe(v.string(), v.description('What to write')),
    find: v.optional(filled('Exact text, occurring once, that the new text takes the place of')),
  }),
  output: v.object({ id: v.string(), uri: v.string(), title: v.string(), created: v.boolean() }),
  run: async ({ id, title, text, find }, session) => {
    const mesh = await session.acting();
    if (id === undefined) {
      if (title === undefined || find !== undefined)
        throw new MnemeshError(
          'bad_input',
          'A new document needs a title, and has nothing to find. To write in one that exists, give its id.',
        );
      return answer(await mesh.prose.create({ title, text }), true);
    }
    const name = parseRecordName(id, mesh.prose.namespace);
    const prose = mesh.prose.in(name.namespace);
    if ((await prose.get(name.id)) === undefined) throw missing('document', name);
    const written =
      find === undefined
        ? await prose.append(name.id, text)
        : await substitute(prose, name.id, find, text);
    return answer(title === undefined ? written : await prose.update(name.id, { title }), false);
  },
});

/** @throws MnemeshError `bad_input` where the text does not occur once */
async function substitute(
  prose: Prose,
  id: RecordId,
  find: string,
  text: string,
): Promise<ProseDocument> {
  const base = (await prose.get(id))?.text ?? '';
  const at = base.indexOf(find);
  if (at < 0 || base.indexOf(find, at + 1) >= 0)
    throw new MnemeshError(
      'bad_input',
      at < 0
        ? 'The text to find is not in the document, or not any more. Read it again.'
        : 'The text to find occurs more than once. Give more of what stands around it.',
    );
  return prose.replace(id, base.slice(0, at) + text + base.slice(at + find.length), { base });
}

function answer(document: ProseDocument, created: boolean) {
  const { id, title } = document;
  return {
    data: { id, uri: uriOf(document), title, created },
    text: `${created ? 'Began' : 'Wrote in'} "${title}" [${id}].`,
  };
}
