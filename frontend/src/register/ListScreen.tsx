import { CloudOff, SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { SearchBox } from '../screens/SearchBox';
import { Notice } from '../ui/Notice';
import { RegisterNav } from './RegisterNav';

interface ListScreenProps {
  title: string;
  /** What the screen lists, in the middle of a sentence: `customers`. */
  things: string;
  /** What is typed in the search box. */
  search: string;
  placeholder: string;
  onSearch: (text: string | undefined, replace: boolean) => void;
  /** Beside the search box, such as a button that adds one. */
  action?: ReactNode;
  /** Why the list could not be read, while none is here. */
  error: Error | null;
  onAgain: () => void;
  /** Said where the list is empty; undefined where it is not, or not known yet. */
  empty?: { title: string; text: string };
  /** The list. */
  children: ReactNode;
  /** What is open beside it. */
  drawer: ReactNode;
}

/** A screen of the register's names: a title, a search box, the way to its neighbours, and a list with one of them open. */
export function ListScreen(props: ListScreenProps) {
  const { title, things, search, placeholder, onSearch, action, error, onAgain, empty } = props;
  return (
    <div className="flex-1 min-h-0 flex">
      <div className="flex-1 min-w-0 min-h-0 flex flex-col">
        <header className="flex flex-none items-center gap-3 h-12 max-md:h-15 px-3 border-b border-line bg-surface">
          <h1 className="text-base font-semibold px-1 max-md:sr-only">{title}</h1>
          <span className="flex-1 max-md:hidden" />
          <SearchBox
            q={search}
            label={`Search ${things}`}
            placeholder={placeholder}
            invalid={false}
            onSearch={(text, replace) => onSearch(text || undefined, replace)}
          />
          {action}
        </header>
        <RegisterNav />
        {error ? (
          <Notice
            icon={CloudOff}
            role="alert"
            title={`The ${things} could not be loaded`}
            action={
              <button type="button" className="btn" onClick={onAgain}>
                Try again
              </button>
            }
          >
            {error.message}
          </Notice>
        ) : empty ? (
          <Notice icon={SearchX} title={empty.title}>
            {empty.text}
          </Notice>
        ) : (
          props.children
        )}
      </div>
      {props.drawer}
    </div>
  );
}
