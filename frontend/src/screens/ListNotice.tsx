import { CloudOff, FilePlus2, Lock, SearchX, Trash2 } from 'lucide-react';
import { ProblemError } from '../api/http';
import { FilterChips } from '../finding/FilterChips';
import { Notice } from '../ui/Notice';

interface ListNoticeProps {
  error: unknown;
  q: string;
  mayCreate: boolean;
  /** Whether rows read before are still shown below. */
  stale: boolean;
  onNew: () => void;
  onSearch: (q: string) => void;
  onClear: () => void;
  onRetry: () => void;
}

/** What stands in place of the rows: nothing there, nothing found, not allowed, or a failure. */
export function ListNotice(props: ListNoticeProps) {
  const { error, q } = props;
  const status = error instanceof ProblemError ? error.status : null;
  if (status === 403 && !q) return <Denied />;
  if (status === 400 || status === 403) {
    return (
      <Notice
        icon={SearchX}
        title={status === 400 ? 'This search cannot be read' : 'This search is not for you'}
        action={<Button onClick={props.onClear}>Clear search</Button>}
      >
        {status === 400 ? 'Above it says where, and what would be right.' : message(error)}
      </Notice>
    );
  }
  if (error) {
    if (props.stale) {
      return (
        <p
          role="alert"
          className="flex items-center gap-3 px-3 py-1.5 bg-[var(--hit)] border-b border-line"
        >
          <span className="flex-1">{message(error)} Showing what was read before.</span>
          <Button onClick={props.onRetry}>Try again</Button>
        </p>
      );
    }
    return (
      <Notice
        icon={CloudOff}
        role="alert"
        title="The challans could not be loaded"
        action={<Button onClick={props.onRetry}>Try again</Button>}
      >
        {message(error)}
      </Notice>
    );
  }
  if (q.trim() === 'deleted:any') {
    return (
      <Notice
        icon={Trash2}
        title="The trash is empty"
        action={<Button onClick={props.onClear}>All challans</Button>}
      >
        What is deleted waits here and can be brought back.
      </Notice>
    );
  }
  if (q) {
    return (
      <Notice
        icon={SearchX}
        title="No challan matches"
        action={<Button onClick={props.onClear}>Clear search</Button>}
      >
        <p>Nothing was found. Perhaps without one of these:</p>
        <FilterChips q={q} wrap onSearch={props.onSearch} />
      </Notice>
    );
  }
  return (
    <Notice
      icon={FilePlus2}
      title="No challans yet"
      action={
        props.mayCreate && (
          <>
            <button type="button" className="btn primary" onClick={props.onNew}>
              New challan
            </button>
            <span className="kbd max-md:hidden">N</span>
          </>
        )
      }
    >
      Challans appear here as soon as somebody makes one, or another system sends them.
      {props.mayCreate && (
        <span className="max-md:hidden">
          {' '}
          Rows copied from a spreadsheet can be pasted here: <span className="kbd">Ctrl V</span>
        </span>
      )}
    </Notice>
  );
}

const message = (error: unknown): string =>
  error instanceof Error ? error.message : 'The list could not be read.';

export function Denied() {
  return (
    <Notice icon={Lock} title="You may not see challans">
      Your account has no right to read challans. An admin of your company can grant it.
    </Notice>
  );
}

function Button({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" className="btn" onClick={onClick}>
      {children}
    </button>
  );
}
