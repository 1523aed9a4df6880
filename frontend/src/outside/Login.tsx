import { useQueryClient } from '@tanstack/react-query';
import { Link, useRouter, useSearch } from '@tanstack/react-router';
import { safeNext } from './next';
import { LINK, Outside } from './Outside';
import { SignInForm } from './SignInForm';

export function Login() {
  const router = useRouter();
  const queries = useQueryClient();
  const { next } = useSearch({ strict: false }) as { next?: string };
  const onDone = () => {
    queries.clear();
    router.history.push(safeNext(next));
  };
  return (
    <Outside
      title="Sign in to DC Tracker"
      about="The shared, live register of delivery challans"
      foot={
        <>
          <Link to="/forgot" className={LINK}>
            Forgot your password?
          </Link>
          <br />
          No account? Ask an admin of your company.
        </>
      }
    >
      <SignInForm onDone={onDone} />
    </Outside>
  );
}
