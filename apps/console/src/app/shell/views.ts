import type { IconName } from '../ui/icon.js';

export interface ViewLink {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** After `g`. */
  readonly key: string;
}

export const views: readonly ViewLink[] = [
  { path: '/mesh', name: 'Mesh', icon: 'mesh', key: 'o' },
  { path: '/memory', name: 'Memory', icon: 'memory', key: 'm' },
  { path: '/tasks', name: 'Tasks', icon: 'tasks', key: 't' },
  { path: '/conversations', name: 'Conversations', icon: 'conversations', key: 'c' },
  { path: '/usage', name: 'Usage', icon: 'usage', key: 'u' },
  { path: '/settings', name: 'Settings', icon: 'settings', key: 's' },
];
