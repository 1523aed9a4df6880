import { ListFilter, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Completion } from '../client/tracker';
import { FilterBox } from '../finding/FilterBox';
import { FilterChips } from '../finding/FilterChips';
import { FilterFault } from '../finding/FilterFault';
import { FiltersButton } from '../finding/FiltersButton';
import type { Fault } from '../finding/fault';
import { usePhone } from '../lib/media';
import { stageIn } from './filter';
import { StageTabs } from './StageTabs';

interface ListHeaderProps {
  q: string;
  sort: string | undefined;
  view: string | undefined;
  fields: Completion[];
  /** The names of `fields`. */
  allowed: Set<string>;
  /** How many challans the filter finds; null until that is known. */
  total: number | null;
  fault: Fault | null;
  mayCreate: boolean;
  /** The order of the list, where it has no heads of columns. */
  order: ReactNode;
  /** The menu of views. */
  views: ReactNode;
  /** What stands in place of the stages while rows are chosen. */
  bar: ReactNode;
  valuesShown: boolean;
  onValues: () => void;
  onSearch: (q: string, replace?: boolean) => void;
  onNew: () => void;
}

/** Above the grid: the view, the filter as text and as chips, the stages. */
export function ListHeader(props: ListHeaderProps) {
  const { q, fault, views, onSearch } = props;
  const phone = usePhone();
  // A filter that is one stage only is what the tabs show.
  const isTab = stageIn(q) !== null && /^stage:\S+$/i.test(q.trim());
  return (
    <>
      <header className="flex flex-none items-center gap-3 max-md:gap-2 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
        <h1 className="sr-only">Challans</h1>
        {!phone && views}
        <span className="flex-1 max-lg:hidden" />
        <FilterBox q={q} fields={props.fields} fault={fault} onSearch={onSearch} />
        <FiltersButton
          q={q}
          allowed={props.allowed}
          total={props.total}
          order={props.order}
          onSearch={onSearch}
        />
        {props.mayCreate && (
          <button type="button" className="btn primary" onClick={props.onNew}>
            <Plus size={16} aria-hidden />
            <span className="max-md:sr-only">New</span>
          </button>
        )}
      </header>
      {fault && <FilterFault q={q} fault={fault} />}
      {props.bar ?? (
        <div className="flex flex-none items-center gap-1 h-11 max-md:h-13 px-2 border-b border-line bg-surface">
          <button
            type="button"
            className="btn ghost icon flex-none aria-pressed:bg-accent-soft"
            aria-label="Values"
            title="Values with their counts"
            aria-pressed={props.valuesShown}
            onClick={props.onValues}
          >
            <ListFilter size={16} aria-hidden />
          </button>
          {phone && <div className="flex flex-none max-w-[45%]">{views}</div>}
          <StageTabs q={q} sort={props.sort} view={props.view} />
        </div>
      )}
      {q && !isTab && !fault && (
        <div className="flex flex-none items-center gap-2 px-3 border-b border-line bg-surface">
          <div className="flex-1 min-w-0">
            <FilterChips q={q} onSearch={onSearch} />
          </div>
          <button type="button" className="btn ghost flex-none" onClick={() => onSearch('')}>
            Clear
          </button>
        </div>
      )}
    </>
  );
}
