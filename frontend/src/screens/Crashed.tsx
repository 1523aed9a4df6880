import { TriangleAlert } from 'lucide-react';
import { Notice } from '../ui/Notice';

/** A fault of the site itself; the rest of the person's work is on the server. */
export function Crashed({ error }: { error: unknown }) {
  return (
    <main className="h-full flex flex-1">
      <Notice
        page
        icon={TriangleAlert}
        role="alert"
        title="This page stopped working"
        action={
          <button type="button" className="btn primary" onClick={() => window.location.reload()}>
            Load it again
          </button>
        }
      >
        What was saved is safe. {error instanceof Error && error.message}
      </Notice>
    </main>
  );
}
