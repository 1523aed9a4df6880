import { Check } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { marked } from '../finding/marked';
import type { Marks } from '../finding/marks';
import { formatDate } from '../lib/dates';
import { useLongPress } from '../lib/longPress';
import { formatAmount } from '../lib/text';
import { StagePill } from '../ui/StagePill';
import type { Place } from './columns';
import { drawnOf, type RowStore, type ShownRow } from './rowStore';
import type { ChoosingRows } from './useRowChoice';
import { useScaledScroll } from './useScaledScroll';

const CARD_HEIGHT = 116;
const PREFETCH = 20;

interface CardsProps {
  store: RowStore;
  place: Place;
  /** What is marked in texts; null where the filter has no words. */
  marks: Marks | null;
  rows: ChoosingRows;
  /** Whether a tap chooses a card instead of opening it. */
  choosing: boolean;
  /** Choosing begins with the card at `index`. */
  onChoose: (index: number) => void;
  onOpen: (id: string) => void;
}

/** The list on a phone: the grid's engine with cards instead of cells. */
export function Cards(props: CardsProps) {
  const { store, place, marks, rows, choosing, onChoose, onOpen } = props;
  const { choice, press } = rows;
  useSyncExternalStore(store.subscribe, store.snapshot);
  useSyncExternalStore(choice.subscribe, choice.snapshot);
  const scroll = useScaledScroll(store.total, CARD_HEIGHT, 0);
  useEffect(
    () => store.ensure(scroll.from - PREFETCH, scroll.to + PREFETCH),
    [store, scroll.from, scroll.to],
  );
  const fit = Math.ceil(scroll.body / CARD_HEIGHT);
  const drawn = drawnOf(store, scroll.from, scroll.to, fit);
  return (
    <div
      ref={scroll.ref}
      onScroll={scroll.onScroll}
      role="region"
      aria-label="Delivery challans"
      tabIndex={-1}
      className="scroller flex-1 min-h-0"
    >
      <div style={{ height: scroll.spacer, position: 'relative' }}>
        <div className="grid-view" style={{ top: 0, height: scroll.body }}>
          <ul
            className="grid-layer w-full"
            style={{ transform: `translate3d(0,${scroll.base - scroll.top}px,0)` }}
          >
            {drawn.map((index) => {
              const row = store.get(index);
              return (
                <li
                  key={index % scroll.pool}
                  className="absolute inset-x-0 px-3 pt-2"
                  style={{
                    transform: `translateY(${index * CARD_HEIGHT - scroll.base}px)`,
                    height: CARD_HEIGHT,
                  }}
                >
                  {row ? (
                    <Card
                      row={row}
                      place={place}
                      marks={marks}
                      chosen={choosing ? choice.has(row.id) : null}
                      onTap={() => (choosing ? press(index, false) : onOpen(row.id))}
                      onLong={() => (choosing ? press(index, true) : onChoose(index))}
                    />
                  ) : (
                    <div className="card grid content-center gap-4" aria-hidden>
                      <i className="skeleton" />
                      <i className="skeleton" />
                    </div>
                  )}
                </li>
              );
            })}
          </ul>
        </div>
      </div>
    </div>
  );
}

interface CardProps {
  row: ShownRow;
  place: Place;
  marks: Marks | null;
  /** Whether it is chosen; null while a tap opens it. */
  chosen: boolean | null;
  onTap: () => void;
  onLong: () => void;
}

function Card({ row, place, marks, chosen, onTap, onLong }: CardProps) {
  const press = useLongPress(onLong, onTap);
  const people = row.delivery_executives?.join(', ');
  const asBox = chosen === null ? {} : { role: 'checkbox', 'aria-checked': chosen };
  return (
    <button
      type="button"
      {...asBox}
      {...press}
      className={`card ${row.gone ? 'opacity-60 line-through' : ''}`}
    >
      <span className="flex items-center justify-between gap-2">
        {chosen !== null && (
          <span aria-hidden className="card-box">
            {chosen && <Check size={14} strokeWidth={3} />}
          </span>
        )}
        <b className="flex-1 font-semibold">
          {row.challan_number ? marked(row.challan_number, 'challan_number', marks) : 'No number'}
        </b>
        <StagePill row={row} />
      </span>
      {/* A line of its own each, so that a long name hides nothing. */}
      <span className="block truncate pt-0.5">
        {row.customer && marked(row.customer, 'customer', marks)}
      </span>
      <span className="block truncate">
        {row.dc_summary && marked(row.dc_summary, 'dc_summary', marks)}
      </span>
      <span className="flex justify-between gap-3 pt-0.5 text-ink-2 tabular-nums">
        <span className="truncate">
          {formatDate(row.date, place.timeZone)}
          {row.date && people && ' · '}
          {people && marked(people, 'delivery_executives', marks)}
        </span>
        <span className="flex-none">{row.amount ? `₹ ${formatAmount(row.amount)}` : ''}</span>
      </span>
    </button>
  );
}
