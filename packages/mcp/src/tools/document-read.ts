import * as v from 'valibot';
import { age, cut, quoted } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName, uriOf } from '../record-name.js';
import { filled, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { EVIDENCE } from './memory-answer.js';

/** Characters of one answer: half its tokens, since text and data both carry them, at four to a token. */
const READ_CHARS = mcpLimits.answerTokens * 2;

export const documentRead = defineTool({
  name: 'document_read',
  title: 'Read a document',
  description:
    'Gives the text of a document that people and agents edit together, as recall cites it. Long ones come in parts.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    id: filled('Id or address of the document'),
    offset: v.optional(whole('Characters to begin after. Default: 0', 0, 10_000_000)),
  }),
  output: v.object({
    id: v.string(),
    uri: v.string(),
    title: v.string(),
    text: v.string(),
    offset: v.number(),
    length: v.pipe(v.number(), v.description('Characters of the whole document')),
    editors: v.array(v.string()),
    editedAt: v.optional(v.string()),
  }),
  run: async ({ id, offset = 0 }, session) => {
    const mesh = await session.acting();
    const name = parseRecordName(id, mesh.prose.namespace);
    const document = await mesh.prose.in(name.namespace).get(name.id);
    if (document?.arrived !== true) throw missing('document', name);
    const nameOf = await agentNames(mesh);
    const part = document.text.slice(offset, offset + READ_CHARS);
    const { editedAt, title, text } = document;
    const rest = text.length - offset - part.length;
    const edited = editedAt === undefined ? '' : `, edited ${age(editedAt, session.runtime.now())}`;
    return {
      data: {
        id: document.id,
        uri: uriOf(document),
        title,
        text: part,
        offset,
        length: text.length,
        editors: document.editors.map(({ agent }) => nameOf(agent)),
        ...(editedAt === undefined ? {} : { editedAt }),
      },
      text: [
        EVIDENCE,
        `[${document.id}] ${cut(title)}${edited}`,
        quoted(part),
        ...(rest > 0
          ? [`${rest} more characters: read on with offset ${offset + part.length}.`]
          : []),
      ].join('\n\n'),
    };
  },
});
