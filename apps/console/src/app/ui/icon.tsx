import type { ReactNode } from 'react';

/** Strokes on a grid of 24. */
const paths = {
  mesh: 'M12 4.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM6 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM18 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM11 8.3L7 15.2M13 8.3l4 6.9M8 17h8',
  memory: 'M5 5h14v14H5zM9 9h6M9 13h4',
  tasks: 'M4 5h4v14H4zM10 5h4v9h-4zM16 5h4v11h-4z',
  conversations: 'M4 5h16v11H9l-5 4z',
  usage: 'M5 19V11M10 19V5M15 19v-6M20 19V8',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.6-4.6',
  add: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  conflict: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  edit: 'M5 19l1-4L16 5l3 3L9 18z',
  forget: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  check: 'M5 12l5 5 9-10',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
  back: 'M15 5l-7 7 7 7',
  tool: 'M14 6a4 4 0 0 0 5 5l-8 8-4-4 8-8zM7 17h.01',
  link: 'M10 14l4-4M9 7l2-2a4 4 0 0 1 6 6l-2 2M15 17l-2 2a4 4 0 0 1-6-6l2-2',
  offline: 'M4 4l16 16M5 12a10 10 0 0 1 4-3M9 16a4 4 0 0 1 6 0M13 8a10 10 0 0 1 6 4',
  keyboard: 'M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8',
  graph: 'M4 6h5v4H4zM15 4h5v4h-5zM15 14h5v4h-5zM9 8l6-2M9 8l6 8',
  person: 'M12 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM6 19a6 6 0 0 1 12 0',
  agent: 'M7 8h10v9H7zM12 8V5M10 12h.01M14 12h.01M4 12v3M20 12v3',
} as const;

export type IconName = keyof typeof paths;

/** Beside words, or in a control that has a name of its own: says nothing to a screen reader. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
