import type { Mesh } from '@mnemesh/core';
import type { SimulatedTime } from '@mnemesh/testing';
import { act, createElement, type ReactElement, type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onTestFinished } from 'vitest';
import { MeshProvider } from '../src/index.js';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

export interface Shown<Props, Result> {
  /** What the hook gave at each render, those that StrictMode repeats among them, the latest last. */
  readonly renders: readonly Result[];
  readonly now: Result;
  render(props: Props): Promise<void>;
  /** Shows the same under another mesh. */
  turnTo(mesh: Mesh): Promise<void>;
  unmount(): Promise<void>;
}

interface ShownProps<Props, Result> {
  readonly useHook: (props: Props) => Result;
  readonly props: Props;
  readonly renders: Result[];
}

function Shown<Props, Result>({ useHook, props, renders }: ShownProps<Props, Result>): ReactNode {
  renders.push(useHook(props));
  return null;
}

/** A page with one component that uses a hook, in StrictMode, as apps are in development. */
export async function show<Props, Result>(
  mesh: Mesh,
  useHook: (props: Props) => Result,
  first: NoInfer<Props>,
): Promise<Shown<Props, Result>> {
  const renders: Result[] = [];
  let [shownMesh, shownProps] = [mesh, first];
  const page = await open();
  const render = (): Promise<void> =>
    page.render(
      createElement(
        StrictMode,
        null,
        createElement(
          MeshProvider,
          { mesh: shownMesh },
          createElement(Shown<Props, Result>, { useHook, props: shownProps, renders }),
        ),
      ),
    );
  await render();
  return {
    renders,
    get now() {
      return renders.at(-1) as Result;
    },
    render: (props) => {
      shownProps = props;
      return render();
    },
    turnTo: (other) => {
      shownMesh = other;
      return render();
    },
    unmount: page.unmount,
  };
}

/** Does something outside of the page, and lets everything come to rest that does not wait for time to pass. */
export function during(time: SimulatedTime, work: () => PromiseLike<unknown>): Promise<void> {
  return act(async () => {
    await work();
    await time.settle();
  });
}

export interface OpenPage {
  readonly container: HTMLElement;
  render(element: ReactElement): Promise<void>;
  unmount(): Promise<void>;
}

export async function open(): Promise<OpenPage> {
  const container = document.createElement('div');
  const root = createRoot(container);
  const unmount = (): Promise<void> => act(async () => root.unmount());
  onTestFinished(unmount);
  return { container, render: (element) => act(async () => root.render(element)), unmount };
}
