import type { MemoryItem } from '@mnemesh/core';
import { memo, type ReactNode } from 'react';
import { Age, Agent } from '../ui/agent.js';
import { Icon } from '../ui/icon.js';

export const ItemRow = memo(function ItemRow({ item }: { readonly item: MemoryItem }): ReactNode {
  return (
    <div className="row-item">
      <p className="row-text">{item.content}</p>
      <p className="row-about">
        <span className={`kind kind-${item.kind}`}>{item.kind}</span>
        {item.pinned === true && (
          <span className="mark" title="Pinned">
            <Icon name="pin" />
          </span>
        )}
        {item.topic !== undefined && <span className="topic">{item.topic}</span>}
        <Agent id={item.createdBy} />
        <Age at={item.createdAt} />
        {item.tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
        {item.conflicts.some(({ open }) => open) && (
          <span className="mark mark-conflict">
            <Icon name="conflict" /> in conflict
          </span>
        )}
      </p>
    </div>
  );
});
