import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { fetchChallan } from '../api/challans';
import type { Challan } from '../api/types';
import { useLive } from '../live/LiveProvider';

/** One challan, kept up to date by the live stream; `take` puts in a newer one. */
export function useRecord(id: string | null) {
  const queries = useQueryClient();
  const live = useLive();
  const record = useQuery({
    queryKey: ['challan', id],
    queryFn: ({ signal }) => fetchChallan(id ?? '', signal),
    enabled: id !== null,
    retry: false,
  });
  const take = useCallback(
    (challan: Challan) => {
      queries.setQueryData<Challan>(['challan', challan.id], (held) => {
        if (!held) return challan;
        // Events carry the row for everybody; what I may do with it stays as it was told to me.
        return challan.version >= held.version ? { ...held, ...challan } : held;
      });
    },
    [queries],
  );
  useEffect(
    () =>
      live.listen({
        challan: ({ challan }) => {
          const held = queries.getQueryData<Challan>(['challan', id]);
          if (challan.id !== id || !held) return;
          take(challan);
          // What may be done with it depends on these.
          const isOther = held.stage !== challan.stage || held.deleted_at !== challan.deleted_at;
          if (isOther) void queries.invalidateQueries({ queryKey: ['challan', id] });
        },
        reset: () => void queries.invalidateQueries({ queryKey: ['challan'] }),
      }),
    [live, id, queries, take],
  );
  return { record, take };
}
