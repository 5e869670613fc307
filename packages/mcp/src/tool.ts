import { MnemeshError } from '@mnemesh/protocol';
import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/sdk/types.js';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { toolError } from './tool-error.js';
import type { ToolSession } from './tool-session.js';

/** What a tool says of itself, so that a client can ask its person before, and repeat it after a failure. */
export interface ToolHints {
  readonly readOnly: boolean;
  /** Takes something away that cannot be had back. */
  readonly destructive: boolean;
  /** Done twice with the same arguments, it is as if done once. */
  readonly idempotent: boolean;
}

/** An answer for a model, `text`, and for a program, `data`. */
export interface ToolAnswer<Data> {
  readonly text: string;
  readonly data: Data;
}

export interface Tool {
  readonly name: string;
  listed(): ListedTool;
  /** Never throws: a failure is an answer too. */
  call(args: unknown, session: ToolSession): Promise<CallToolResult>;
}

type ObjectSchema = v.GenericSchema<Record<string, unknown>>;

export interface ToolDefinition<Input extends v.GenericSchema, Output extends ObjectSchema> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly hints: ToolHints;
  readonly input: Input;
  readonly output: Output;
  run(args: v.InferOutput<Input>, session: ToolSession): Promise<ToolAnswer<v.InferInput<Output>>>;
}

export function defineTool<Input extends v.GenericSchema, Output extends ObjectSchema>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { name } = definition;
  let listed: ListedTool | undefined;
  return {
    name,
    listed: () => {
      listed ??= listing(definition);
      return listed;
    },
    call: async (args, session) => {
      try {
        const { text, data } = await definition.run(
          parseArguments(definition.input, args, name),
          session,
        );
        return { content: [{ type: 'text', text }], structuredContent: data };
      } catch (error) {
        return toolError(error);
      }
    },
  };
}

function listing<Input extends v.GenericSchema, Output extends ObjectSchema>({
  name,
  title,
  description,
  hints,
  input,
  output,
}: ToolDefinition<Input, Output>): ListedTool {
  return {
    name,
    title,
    description,
    inputSchema: schemaOf(input, 'input'),
    outputSchema: schemaOf(output, 'input'),
    annotations: {
      title,
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: false,
    },
  };
}

/** Checks that only a program can make, such as of a date, are left out: the call names them. */
function schemaOf(
  schema: v.GenericSchema,
  typeMode: 'input' | 'output',
): ListedTool['inputSchema'] {
  const { $schema: _, ...rest } = toJsonSchema(schema, { typeMode, errorMode: 'ignore' });
  return rest as unknown as ListedTool['inputSchema'];
}

/** @throws MnemeshError `bad_input` naming the argument and what it should be */
function parseArguments<Input extends v.GenericSchema>(
  schema: Input,
  args: unknown,
  tool: string,
): v.InferOutput<Input> {
  const result = v.safeParse(schema, args ?? {});
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new MnemeshError('bad_input', `${tool}: ${explain(schema, issue, path)}`);
}

function explain(
  schema: v.GenericSchema,
  issue: v.BaseIssue<unknown>,
  path: string | null,
): string {
  const entries = (schema as { readonly entries?: object }).entries ?? {};
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const names = Object.keys(entries).join(', ');
    return `there is no argument "${path}". There are: ${names}.`;
  }
  if (issue.received === 'undefined' && path !== null) return `"${path}" is missing.`;
  return `${path === null ? 'the arguments are' : `"${path}" is`} not right: ${issue.message}.`;
}
