import { useEffect, useSyncExternalStore } from 'react';
import { formatDate } from '../lib/dates';
import { formatAmount } from '../lib/text';
import { StagePill } from '../ui/StagePill';
import type { Place } from './columns';
import type { RowStore, ShownRow } from './rowStore';
import { useScaledScroll } from './useScaledScroll';

const CARD_HEIGHT = 116;
const PREFETCH = 20;

interface CardsProps {
  store: RowStore;
  place: Place;
  onOpen: (id: string) => void;
}

/** The list on a phone: the grid's engine with cards instead of cells. */
export function Cards({ store, place, onOpen }: CardsProps) {
  useSyncExternalStore(store.subscribe, store.snapshot);
  const scroll = useScaledScroll(store.total, CARD_HEIGHT, 0);
  useEffect(
    () => store.ensure(scroll.from - PREFETCH, scroll.to + PREFETCH),
    [store, scroll.from, scroll.to],
  );
  const drawn = Array.from({ length: scroll.to - scroll.from + 1 }, (_, i) => scroll.from + i);
  return (
    <div
      ref={scroll.ref}
      onScroll={scroll.onScroll}
      role="region"
      aria-label="Delivery challans"
      className="scroller flex-1 min-h-0"
    >
      <div style={{ height: scroll.spacer, position: 'relative' }}>
        <div className="grid-view" style={{ top: 0, height: scroll.body }}>
          <ul
            className="grid-layer w-full"
            style={{ transform: `translate3d(0,${scroll.base - scroll.top}px,0)` }}
          >
            {store.total > 0 &&
              drawn.map((index) => (
                <li
                  key={index % scroll.pool}
                  className="absolute inset-x-0 px-3 pt-2"
                  style={{
                    transform: `translateY(${index * CARD_HEIGHT - scroll.base}px)`,
                    height: CARD_HEIGHT,
                  }}
                >
                  <Card row={store.get(index)} place={place} onOpen={onOpen} />
                </li>
              ))}
          </ul>
        </div>
      </div>
    </div>
  );
}

interface CardProps {
  row: ShownRow | undefined;
  place: Place;
  onOpen: (id: string) => void;
}

function Card({ row, place, onOpen }: CardProps) {
  const frame =
    'block w-full h-full text-left bg-surface border border-line rounded-xl px-3 py-2.5';
  if (!row) {
    return (
      <div className={`${frame} grid content-center gap-4`} aria-hidden>
        <i className="skeleton" />
        <i className="skeleton" />
      </div>
    );
  }
  const people = row.delivery_executives?.join(', ');
  return (
    <button
      type="button"
      className={`${frame} ${row.gone ? 'opacity-60 line-through' : ''}`}
      onClick={() => onOpen(row.id)}
    >
      <span className="flex items-center justify-between gap-2">
        <b className="font-semibold">{row.challan_number ?? 'No number'}</b>
        <StagePill row={row} />
      </span>
      <span className="block truncate pt-1.5">
        {[row.customer, row.dc_summary].filter(Boolean).join(' · ')}
      </span>
      <span className="flex justify-between gap-3 pt-1 text-ink-2 tabular-nums">
        <span className="truncate">
          {[formatDate(row.date, place.timeZone), people].filter(Boolean).join(' · ')}
        </span>
        <span className="flex-none">{row.amount ? `₹ ${formatAmount(row.amount)}` : ''}</span>
      </span>
    </button>
  );
}
