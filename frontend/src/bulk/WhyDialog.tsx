import { useQuery } from '@tanstack/react-query';
import type { Refusal } from '../api/batches';
import { Modal } from '../ui/Modal';
import { Refusals } from './Refusals';

interface WhyDialogProps {
  id: string;
  title: string;
  count: number;
  read: (signal: AbortSignal) => Promise<Refusal[]>;
  onClose: () => void;
}

/** Why parts of a batch were refused. */
export function WhyDialog({ id, title, count, read, onClose }: WhyDialogProps) {
  const refused = useQuery({
    queryKey: ['refusals', id],
    queryFn: ({ signal }) => read(signal),
    retry: 1,
  });
  return (
    <Modal title={title} onClose={onClose}>
      {refused.error && <p role="alert">{refused.error.message}</p>}
      {refused.data && <Refusals refused={refused.data} count={count} />}
    </Modal>
  );
}
