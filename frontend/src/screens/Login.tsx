import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { Logo } from '../ui/Logo';
import { ThemeButton } from '../ui/ThemeButton';
import { SignInForm } from './SignInForm';

/** Only a path of this site may follow a sign-in. */
export const safeNext = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) ? next : '/start/dashboard';

export function Login() {
  const router = useRouter();
  const queries = useQueryClient();
  const { next } = useSearch({ strict: false }) as { next?: string };
  const onDone = () => {
    queries.clear();
    router.history.push(safeNext(next));
  };
  return (
    <div className="h-full overflow-auto grid place-items-center p-4">
      <main className="w-full max-w-[360px] grid gap-6">
        <header className="grid justify-items-center gap-3 text-center">
          <Logo size={40} />
          <div className="grid gap-1">
            <h1 className="text-xl font-semibold">Sign in to DC Tracker</h1>
            <p className="text-ink-2">The shared, live register of delivery challans</p>
          </div>
        </header>
        <div className="panel p-6">
          <SignInForm onDone={onDone} />
        </div>
        <p className="text-center text-ink-2">No account? Ask an admin of your company.</p>
      </main>
      <ThemeButton className="fixed top-3 right-3" />
    </div>
  );
}
