import { useQueryClient } from '@tanstack/react-query';
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { CloudOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { onSignedOut, ProblemError } from '../api/http';
import { JobLines } from '../bulk/JobLines';
import { SendAgain } from '../grid/SendAgain';
import { LiveRegion } from '../lib/announce';
import { LiveProvider } from '../live/LiveProvider';
import { Logo } from '../ui/Logo';
import { Notice } from '../ui/Notice';
import { UndoKeys } from '../undo/UndoKeys';
import { BottomBar, SideNav } from './Nav';
import { ShortcutsDialog } from './ShortcutsDialog';
import { SignInDialog } from './SignInDialog';
import { MeProvider, useMeQuery } from './session';

/** The frame around every screen for a signed-in person. */
export function Shell() {
  const me = useMeQuery();
  const queries = useQueryClient();
  const location = useLocation();
  const [ended, setEnded] = useState(false);
  const signedIn = me.data !== undefined;
  useEffect(() => onSignedOut(() => setEnded(signedIn)), [signedIn]);
  const refused = me.error instanceof ProblemError && me.error.status === 401;
  useEffect(() => {
    if (refused && signedIn) setEnded(true);
  }, [refused, signedIn]);

  if (me.data) {
    return (
      <MeProvider value={me.data}>
        <LiveProvider>
          <a
            href="#main"
            className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 btn"
          >
            Skip to content
          </a>
          <div className="h-full flex flex-col md:flex-row">
            <SideNav />
            <main id="main" className="flex-1 min-w-0 min-h-0 flex flex-col">
              <Outlet />
              <JobLines />
            </main>
            <BottomBar />
          </div>
          <LiveRegion />
          <UndoKeys />
          <SendAgain />
          <ShortcutsDialog />
          <SignInDialog
            open={ended}
            onDone={() => {
              setEnded(false);
              void queries.invalidateQueries();
            }}
          />
        </LiveProvider>
      </MeProvider>
    );
  }
  if (refused) {
    return <Navigate to="/login" search={{ next: location.href }} replace />;
  }
  if (me.error) {
    return (
      <main className="h-full flex">
        <Notice
          page
          icon={CloudOff}
          role="alert"
          title="DC Tracker cannot be reached"
          action={
            <button type="button" className="btn primary" onClick={() => void me.refetch()}>
              Try again
            </button>
          }
        >
          {me.error.message}
        </Notice>
      </main>
    );
  }
  return (
    <div className="h-full grid place-items-center" role="status" aria-label="Loading">
      <span className="motion-safe:animate-pulse">
        <Logo size={40} />
      </span>
    </div>
  );
}
