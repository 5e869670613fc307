import type { GetPromptResult, Prompt as ListedPrompt } from '@modelcontextprotocol/sdk/types.js';
import type { ToolSession } from '../tool-session.js';

/** A message that a person sends by name. */
export interface Prompt {
  readonly listed: ListedPrompt;
  /** @throws MnemeshError `bad_input` */
  get(args: Readonly<Record<string, string>>, session: ToolSession): Promise<GetPromptResult>;
}

/** A prompt that is one message of the person's. */
export function promptText(description: string, text: string): GetPromptResult {
  return { description, messages: [{ role: 'user', content: { type: 'text', text } }] };
}
