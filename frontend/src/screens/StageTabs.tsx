import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import { fetchFacets } from '../api/challans';
import { STAGES } from '../api/types';
import { formatCount, STAGE_LABELS } from '../lib/text';
import { useCurrentInView } from '../lib/useCurrentInView';
import { asksForStages, stageIn, withStage } from './filter';

interface StageTabsProps {
  q: string;
  sort: string | undefined;
  view: string | undefined;
}

/**
 * The stages with their counts; each narrows the filter to it. They keep their places whatever they
 * count, so that none moves under the mouse.
 */
export function StageTabs({ q, sort, view }: StageTabsProps) {
  const rest = withStage(q, null);
  const facets = useQuery({
    queryKey: ['facets', rest],
    queryFn: ({ signal }) => fetchFacets(rest, 'stage', signal),
    retry: false,
  });
  const counts = new Map(facets.data?.stage?.map((facet) => [facet.value, facet.count]));
  const chosen = stageIn(q);
  // Of several stages none is the current one, nor are they all.
  const isAll = !asksForStages(q);
  const tabs = useRef<HTMLElement>(null);
  // Its place is another once there are counts.
  useCurrentInView(tabs, `${chosen} ${facets.isSuccess}`);
  // As wide as the longest count so far, and as one figure before there is any.
  const widths = useRef(new Map<string, number>()).current;
  const countOf = (stage: string) => {
    const text = facets.data ? formatCount(counts.get(stage) ?? 0) : '';
    widths.set(stage, Math.max(widths.get(stage) ?? 0, text.length));
    return text;
  };
  const chip =
    'flex-none inline-flex items-center gap-1.5 h-7 max-md:h-9 px-2.5 rounded-md hover:bg-sunken whitespace-nowrap';
  const on = 'bg-accent-soft font-medium';
  const search = (next: string) => ({ q: next || undefined, sort, view });
  return (
    <nav
      ref={tabs}
      aria-label="Stages"
      className="flex items-center gap-1 overflow-x-auto [scrollbar-width:none]"
    >
      <Link
        to="/start/challans"
        search={search(rest)}
        // Else it were the current one of every filter, too.
        activeOptions={{ exact: true }}
        className={`${chip} ${isAll ? on : ''}`}
        aria-current={isAll ? 'true' : undefined}
      >
        All
      </Link>
      {STAGES.map((stage) => (
        <Link
          key={stage}
          to="/start/challans"
          search={search(withStage(q, stage))}
          className={`${chip} ${chosen === stage ? on : ''}`}
          aria-current={chosen === stage ? 'true' : undefined}
        >
          {STAGE_LABELS[stage]}
          <Count text={countOf(stage)} width={widths.get(stage) ?? 1} />
        </Link>
      ))}
    </nav>
  );
}

const Count = ({ text, width }: { text: string; width: number }) => (
  <span className="text-ink-2 font-normal tabular-nums text-xs" style={{ minWidth: `${width}ch` }}>
    {text}
  </span>
);
