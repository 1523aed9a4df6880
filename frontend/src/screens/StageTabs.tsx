import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fetchFacets } from '../api/challans';
import { STAGES } from '../api/types';
import { formatCount, STAGE_LABELS } from '../lib/text';
import { stageIn, withStage } from './filter';

interface StageTabsProps {
  q: string;
  sort: string | undefined;
  view: string | undefined;
}

/** The stages with their counts; each narrows the filter to it. */
export function StageTabs({ q, sort, view }: StageTabsProps) {
  const rest = withStage(q, null);
  const facets = useQuery({
    queryKey: ['facets', rest],
    queryFn: ({ signal }) => fetchFacets(rest, 'stage', signal),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const counts = new Map(facets.data?.stage?.map((facet) => [facet.value, facet.count]));
  const chosen = stageIn(q);
  const shown = STAGES.filter((stage) => (counts.get(stage) ?? 0) > 0 || stage === chosen);
  const chip =
    'flex-none inline-flex items-center gap-1.5 h-7 max-md:h-9 px-2.5 rounded-md hover:bg-sunken whitespace-nowrap';
  const on = 'bg-accent-soft font-medium';
  const search = (next: string) => ({ q: next || undefined, sort, view });
  return (
    <nav
      aria-label="Stages"
      className="flex items-center gap-1 overflow-x-auto [scrollbar-width:none]"
    >
      <Link
        to="/start/challans"
        search={search(rest)}
        className={`${chip} ${chosen === null ? on : ''}`}
        aria-current={chosen === null ? 'true' : undefined}
      >
        All
      </Link>
      {shown.map((stage) => (
        <Link
          key={stage}
          to="/start/challans"
          search={search(withStage(q, stage))}
          className={`${chip} ${chosen === stage ? on : ''}`}
          aria-current={chosen === stage ? 'true' : undefined}
        >
          {STAGE_LABELS[stage]}
          <span className="text-ink-2 font-normal tabular-nums text-xs">
            {formatCount(counts.get(stage) ?? 0)}
          </span>
        </Link>
      ))}
    </nav>
  );
}
