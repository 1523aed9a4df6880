import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from 'react';
import { fetchMe, may } from '../api/accounts';
import { announceSignedOut, ProblemError } from '../api/http';
import { useMe } from '../shell/session';
import { LiveStream } from './stream';

const LiveContext = createContext<LiveStream | null>(null);

/** Keeps the live connection open while somebody is signed in who may read what it tells. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const reads = may(useMe(), 'challan:read');
  const stream = useMemo(() => {
    // EventSource hides the status of a refusal, so ask who we are.
    const ask = () => {
      fetchMe().catch((error) => {
        if (error instanceof ProblemError && error.status === 401) announceSignedOut();
      });
    };
    return new LiveStream(ask);
  }, []);
  useEffect(() => {
    if (!reads) return;
    stream.start();
    const unlisten = stream.listen({
      account: () => void queries.invalidateQueries({ queryKey: ['me'] }),
    });
    return () => {
      unlisten();
      stream.stop();
    };
  }, [stream, queries, reads]);
  return <LiveContext value={stream}>{children}</LiveContext>;
}

export function useLive(): LiveStream {
  const stream = useContext(LiveContext);
  if (!stream) throw new Error('useLive is for what stands inside LiveProvider');
  return stream;
}

export function useConnection() {
  const stream = useLive();
  return { connection: useSyncExternalStore(stream.watch, stream.state), since: stream.since };
}
