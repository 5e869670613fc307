import { readFileSync } from 'node:fs';

/** One conversation with what is asked of it. */
export interface Corpus {
  readonly name: string;
  /** The file's own JSON for this conversation alone, for the product's importer. */
  readonly file: string;
  readonly turns: readonly Turn[];
  readonly questions: readonly Question[];
}

export interface Turn {
  /** `D1:3`. */
  readonly id: string;
  readonly speaker: string;
  readonly text: string;
  readonly caption: string;
}

export interface Question {
  readonly text: string;
  /** 1 multi-hop, 2 when, 3 open, 4 single-hop, 5 of the other speaker. */
  readonly category: number;
  /** Turns that hold the evidence, each once. */
  readonly evidence: readonly string[];
}

interface Sample {
  readonly sample_id: string;
  readonly conversation: Readonly<Record<string, unknown>>;
  readonly qa: readonly {
    readonly question: string;
    readonly category: number;
    readonly evidence?: readonly string[];
  }[];
}

/** The conversations of a LoCoMo file. Questions without evidence among the turns are left out. */
export function readCorpora(path: string): readonly Corpus[] {
  return (JSON.parse(readFileSync(path, 'utf8')) as readonly Sample[]).map((sample) => {
    const turns = turnsOf(sample);
    const known = new Set(turns.map(({ id }) => id));
    const questions = sample.qa.map(({ question, category, evidence = [] }) => ({
      text: question,
      category,
      // Some list several in one string: "D8:6; D9:17".
      evidence: [...new Set(evidence.flatMap((one) => one.split(/[;\s]+/)))].filter((id) =>
        known.has(id),
      ),
    }));
    return {
      name: sample.sample_id,
      file: JSON.stringify([{ ...sample, qa: [] }]),
      turns,
      questions: questions.filter(({ evidence }) => evidence.length > 0),
    };
  });
}

function turnsOf({ conversation }: Sample): readonly Turn[] {
  const sessions = Object.keys(conversation)
    .filter((key) => /^session_\d+$/.test(key))
    .sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));
  return sessions.flatMap((key) =>
    (conversation[key] as readonly Readonly<Record<string, string>>[]).map((turn) => ({
      id: turn.dia_id as string,
      speaker: turn.speaker as string,
      text: turn.text as string,
      caption: turn.blip_caption ?? '',
    })),
  );
}
