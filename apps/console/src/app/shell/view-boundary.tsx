import { Component, type ReactNode } from 'react';
import { EmptyState } from '../ui/empty-state.js';

interface ViewBoundaryProps {
  readonly children: ReactNode;
}

interface ViewBoundaryState {
  readonly error?: Error;
}

/** A view that cannot be shown leaves the others standing: its script was not fetched, or it met what it did not expect. */
export class ViewBoundary extends Component<ViewBoundaryProps, ViewBoundaryState> {
  override state: ViewBoundaryState = {};

  static getDerivedStateFromError(error: Error): ViewBoundaryState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <EmptyState icon="conflict" title="This view cannot be shown">
        <p>Nothing of what this browser keeps was changed.</p>
        <p>
          <code>{error.message}</code>
        </p>
        <p>
          <button type="button" onClick={() => location.reload()}>
            Load it again
          </button>
        </p>
      </EmptyState>
    );
  }
}
