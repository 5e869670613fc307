import * as v from 'valibot';
import { age, cut, fitting, quoted, within } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName, uriOf } from '../record-name.js';
import { filled, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { EVIDENCE } from './memory-answer.js';

/** Tokens of the text in one answer: the rest is for its title, its editors and what else is said of it. */
const TEXT_TOKENS = mcpLimits.answerTokens - 1_500;
/** Tokens that the names of editors take. */
const EDITOR_TOKENS = 500;

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
    const part = within(document.text.slice(offset), TEXT_TOKENS);
    const { editedAt, title, text } = document;
    const rest = text.length - offset - part.length;
    const names = document.editors.map(({ agent }) => nameOf(agent));
    const editors = fitting(names, String, EDITOR_TOKENS);
    const edited = editedAt === undefined ? '' : `, edited ${age(editedAt, session.runtime.now())}`;
    return {
      data: {
        id: document.id,
        uri: uriOf(document),
        title,
        text: part,
        offset,
        length: text.length,
        editors: [...editors.shown],
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
