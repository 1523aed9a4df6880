import { useQuery, useQueryClient } from '@tanstack/react-query';
import { endMySession, fetchMySessions } from '../api/mine';
import { Failure } from '../ui/Field';
import { Section } from '../ui/Section';
import { SessionList } from '../ui/SessionList';
import { toast } from '../ui/toasts';

/** Where I am signed in. */
export function Sessions() {
  const queries = useQueryClient();
  const sessions = useQuery({
    queryKey: ['my-sessions'],
    queryFn: ({ signal }) => fetchMySessions(signal),
  });
  const end = async (id: string) => {
    try {
      await endMySession(id);
      toast('That browser is signed out');
    } catch (error) {
      toast((error as Error).message);
    }
    void queries.invalidateQueries({ queryKey: ['my-sessions'] });
  };
  return (
    <Section title="Sessions" about="Browsers in which you are signed in.">
      <Failure>{sessions.error?.message}</Failure>
      {sessions.data && (
        <SessionList sessions={sessions.data.results} onEnd={(session) => void end(session.id)} />
      )}
      {sessions.isPending && <i className="skeleton" />}
    </Section>
  );
}
