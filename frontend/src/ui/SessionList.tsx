import { Monitor, Smartphone } from 'lucide-react';
import type { Session } from '../api/mine';
import { agentName } from '../lib/agent';
import { formatMoment } from '../lib/dates';
import { placeOf, useMe } from '../shell/session';

interface SessionListProps {
  sessions: Session[];
  onEnd?: (session: Session) => void;
}

/** Browsers that are signed in: what, from where, when. */
export function SessionList({ sessions, onEnd }: SessionListProps) {
  const { timeZone, today } = placeOf(useMe());
  const moment = (at: string) => formatMoment(at, timeZone, today);
  return (
    <ul className="grid divide-y divide-line">
      {sessions.map((session) => {
        const name = agentName(session.agent);
        const Icon = /iPhone|Android/.test(name) ? Smartphone : Monitor;
        return (
          <li key={session.id} className="flex items-center gap-3 py-2.5">
            <Icon size={18} aria-hidden className="flex-none text-ink-2" />
            <span className="flex-1 min-w-0 grid">
              <span className="flex items-center gap-2">
                <span className="font-medium truncate">{name}</span>
                {session.current && (
                  <span className="pill" data-stage="submitted">
                    This one
                  </span>
                )}
              </span>
              <span className="text-ink-2 text-xs tabular-nums">
                {session.address} · last seen {moment(session.last_seen_at)} · since{' '}
                {moment(session.created_at)}
              </span>
            </span>
            {onEnd && !session.current && (
              <button type="button" className="btn" onClick={() => onEnd(session)}>
                Sign out<span className="sr-only"> {name}</span>
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
