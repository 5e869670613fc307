import { lazy, type ReactNode, Suspense, useCallback } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { Icon } from '../ui/icon.js';
import { useEscape } from '../ui/use-escape.js';
import { Board } from './board.js';
import { TaskForm } from './task-form.js';
import { TaskPage } from './task-page.js';

const TaskGraphView = lazy(async () => ({
  default: (await import('./task-graph.js')).TaskGraphView,
}));

export function TasksView(): ReactNode {
  const [location, go] = useLocation();
  const graph = location.startsWith('/tasks/graph');
  const home = graph ? '/tasks/graph' : '/tasks';
  const close = useCallback(() => go(home), [go, home]);
  const open = (id: string): void => go(`${home}/task/${id}`);
  const hasPane = /\/(new|task\/.+)$/.test(location);
  useEscape(hasPane ? close : undefined);
  return (
    <>
      <header className="view-head">
        <h1>Tasks</h1>
        <nav className="tabs" aria-label="Ways to see the tasks">
          <Link href="/tasks" aria-current={graph ? undefined : 'page'}>
            Board
          </Link>
          <Link href="/tasks/graph" aria-current={graph ? 'page' : undefined}>
            Dependencies
          </Link>
        </nav>
        <Link href={`${home}/new`} className="button primary" data-new>
          <Icon name="add" /> <span className="button-text">Add task</span>
        </Link>
      </header>
      <div className={hasPane ? 'panes panes-wide panes-open' : 'panes panes-wide'}>
        <section className="pane-list" aria-label={graph ? 'Dependencies' : 'Board'}>
          {graph ? (
            <Suspense fallback={null}>
              <TaskGraphView onOpen={open} />
            </Suspense>
          ) : (
            <Board onOpen={open} openId={/\/task\/(.+)$/.exec(location)?.[1]} />
          )}
        </section>
        {hasPane && (
          <section className="pane-detail" aria-label="Task">
            <Switch>
              <Route path={`${home}/new`}>
                <TaskForm onDone={(task) => (task === undefined ? close() : open(task.id))} />
              </Route>
              <Route path={`${home}/task/:id`}>
                {({ id }) => <TaskPage key={id} id={id} onClose={close} onOpen={open} />}
              </Route>
            </Switch>
          </section>
        )}
      </div>
    </>
  );
}
