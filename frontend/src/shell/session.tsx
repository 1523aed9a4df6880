import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { fetchMe, may } from '../api/accounts';
import { ProblemError } from '../api/http';
import type { Me } from '../api/types';
import type { Place } from '../grid/columns';

/** Without the stream nobody tells of new rights, so they are asked for this often, ms. */
const RIGHTS_ASKED = 5_000;

const MeContext = createContext<Me | null>(null);
export const MeProvider = MeContext.Provider;

/** Who is signed in; for what stands inside the shell. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe is for what stands inside the shell');
  return me;
}

/** The signed-in person, asked again when the page is looked at after a while. */
export const useMeQuery = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => fetchMe(signal),
    staleTime: 5 * 60_000,
    refetchInterval: ({ state }) =>
      state.data && !may(state.data, 'challan:read') ? RIGHTS_ASKED : false,
    retry: (failures, error) => !(error instanceof ProblemError) && failures < 2,
  });

export const placeOf = (me: Me): Place => ({ timeZone: me.org.timezone, today: me.org.today });
