import { useEffect } from 'react';
import { fetchMe } from '../api/accounts';
import { useConnection } from '../live/LiveProvider';
import { useMe } from '../shell/session';
import { cellStatesOf } from './cellStates';
import { sendAgain } from './saveCell';

/** While the connection stands, what waits is tried this often, ms: the server may have been busy. */
const PAUSE = 15_000;

/** Sends unsaved cells again once the connection is back, on whatever page. */
export function SendAgain() {
  const { id } = useMe();
  const { connection } = useConnection();
  useEffect(() => {
    if (connection !== 'live') return;
    // Another tab may have signed in somebody else, as whom nothing of this person is sent.
    const isOwner = () =>
      fetchMe().then(
        (me) => me.id === id,
        () => false,
      );
    const send = () => void sendAgain(cellStatesOf(id), isOwner);
    send();
    const timer = setInterval(send, PAUSE);
    return () => clearInterval(timer);
  }, [id, connection]);
  return null;
}
