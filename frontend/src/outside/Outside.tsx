import type { ReactNode } from 'react';
import { Logo } from '../ui/Logo';
import { ThemeButton } from '../ui/ThemeButton';

interface OutsideProps {
  title: string;
  about?: ReactNode;
  children: ReactNode;
  /** What stands below the panel. */
  foot?: ReactNode;
}

/** The page of somebody who is not signed in yet. */
export function Outside({ title, about, children, foot }: OutsideProps) {
  return (
    <div className="h-full overflow-auto grid place-items-center p-4">
      <main className="w-full max-w-[360px] grid gap-6">
        <header className="grid justify-items-center gap-3 text-center">
          <Logo size={40} />
          <div className="grid gap-1">
            <h1 className="text-xl font-semibold">{title}</h1>
            {about && <p className="text-ink-2">{about}</p>}
          </div>
        </header>
        <div className="panel p-6">{children}</div>
        {foot && <p className="text-center text-ink-2">{foot}</p>}
      </main>
      <ThemeButton className="fixed top-3 right-3" />
    </div>
  );
}

/** The look of a link in a line of text. */
export const LINK = 'text-accent font-medium hover:underline';
