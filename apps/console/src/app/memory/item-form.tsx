import {
  type MemoryInput,
  type MemoryItem,
  memoryKinds,
  type Sensitivity,
  sensitivities,
} from '@mnemesh/core';
import { useMesh } from '@mnemesh/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useWriter } from '../session/workplace.js';
import { Icon } from '../ui/icon.js';
import { memoryOf } from './questions.js';

interface ItemFormProps {
  /** The item that the new one takes the place of. */
  readonly corrects?: MemoryItem;
  /** With what was stored, or undefined when nothing was. */
  onDone(item: MemoryItem | undefined): void;
}

/** Adds an item, or the successor of one: content is written once. */
export function ItemForm({ corrects, onDone }: ItemFormProps): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const input = readInput(new FormData(event.currentTarget), corrects);
    const memory = memoryOf(mesh, corrects?.namespace);
    const label = corrects === undefined ? 'Remembered' : 'Corrected';
    const item = await write(`${label}: ${short(input.content)}`, () => memory.create(input));
    setBusy(false);
    if (item !== undefined) onDone(item);
  };
  return (
    <form className="detail form" onSubmit={(event) => void submit(event)}>
      <header className="detail-head">
        <h2>{corrects === undefined ? 'Add an item' : 'Correct the item'}</h2>
        <button type="button" className="bare" aria-label="Close" onClick={() => onDone(undefined)}>
          <Icon name="close" />
        </button>
      </header>
      {corrects !== undefined && (
        <p className="notice">
          What is stored here takes the place of the old item, which stays in its history.
        </p>
      )}
      <label className="field">
        <span>What should be remembered</span>
        <textarea
          name="content"
          rows={6}
          required
          defaultValue={corrects?.content ?? ''}
          // biome-ignore lint/a11y/noAutofocus: the form was opened to write
          autoFocus
        />
      </label>
      <div className="fields">
        <label className="field">
          <span>Kind</span>
          <select name="kind" defaultValue={corrects?.kind ?? 'fact'}>
            {memoryKinds.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Topic</span>
          <input name="topic" defaultValue={corrects?.topic ?? ''} placeholder="release schedule" />
        </label>
      </div>
      <p className="hint">
        Items of one topic that were written unread of each other are shown as a conflict.
      </p>
      <div className="fields">
        <label className="field">
          <span>Tags</span>
          <input
            name="tags"
            defaultValue={corrects?.tags.join(', ') ?? ''}
            placeholder="ops, ferry"
          />
        </label>
        <label className="field">
          <span>Sources</span>
          <input
            name="sources"
            defaultValue={corrects?.sources?.join(', ') ?? ''}
            placeholder="an address, a file, an item’s id"
          />
        </label>
        <label className="field">
          <span>Valid from</span>
          <input
            name="validFrom"
            type="date"
            defaultValue={corrects?.validFrom?.slice(0, 10) ?? ''}
          />
        </label>
        <label className="field">
          <span>Valid until</span>
          <input name="validTo" type="date" defaultValue={corrects?.validTo?.slice(0, 10) ?? ''} />
        </label>
      </div>
      <div className="fields">
        <label className="field">
          <span>Importance, 0 to 100</span>
          <input
            name="importance"
            type="number"
            min={0}
            max={100}
            defaultValue={corrects?.importance === undefined ? '' : percent(corrects.importance)}
          />
        </label>
        <label className="field">
          <span>Sensitivity</span>
          <select name="sensitivity" defaultValue={corrects?.sensitivity ?? ''}>
            <option value="">none</option>
            {sensitivities.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <label className="check">
        <input name="pinned" type="checkbox" defaultChecked={corrects?.pinned === true} />
        Pinned: part of what every session is told when it starts
      </label>
      <div className="row">
        <button type="submit" className="primary" disabled={isBusy}>
          {corrects === undefined ? 'Remember' : 'Store the correction'}
        </button>
        <button type="button" onClick={() => onDone(undefined)}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function readInput(form: FormData, corrects: MemoryItem | undefined): MemoryInput {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  const words = (name: string): string[] =>
    text(name)
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
  /** A day that was not changed keeps its time. */
  const moment = (name: 'validFrom' | 'validTo'): string =>
    corrects?.[name]?.slice(0, 10) === text(name) ? (corrects[name] as string) : text(name);
  const [topic, validFrom, validTo] = [text('topic'), moment('validFrom'), moment('validTo')];
  const [importance, sensitivity] = [text('importance'), text('sensitivity')];
  const [tags, sources] = [words('tags'), words('sources')];
  return {
    content: text('content'),
    kind: text('kind') as NonNullable<MemoryInput['kind']>,
    ...(topic === '' ? {} : { topic }),
    ...(validFrom === '' ? {} : { validFrom }),
    ...(validTo === '' ? {} : { validTo }),
    ...(importance === '' ? {} : { importance: importanceOf(importance, corrects) }),
    ...(sensitivity === '' ? {} : { sensitivity: sensitivity as Sensitivity }),
    ...(form.has('pinned') ? { pinned: true } : {}),
    ...(tags.length === 0 ? {} : { tags }),
    ...(sources.length === 0 ? {} : { sources }),
    ...(corrects === undefined ? {} : { supersedes: [corrects.id] }),
  };
}

/** As people read it. One that was not changed is kept to the last digit. */
function percent(importance: number): string {
  return String(Math.round(importance * 100));
}

function importanceOf(text: string, corrects: MemoryItem | undefined): number {
  const { importance } = corrects ?? {};
  return importance !== undefined && percent(importance) === text ? importance : Number(text) / 100;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
