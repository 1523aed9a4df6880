import { useState } from 'react';
import { type ApiKey, revokeKey } from '../api/rights';
import { formatDate, formatMoment } from '../lib/dates';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { Confirm } from '../ui/Confirm';
import { Facts } from '../ui/Facts';
import { Failure } from '../ui/Field';
import { toast } from '../ui/toasts';
import { scopeLabel } from './keys';

/** What is known of a key, and ending it. */
export function KeyDetails({ apiKey, onRevoked }: { apiKey: ApiKey; onRevoked: () => void }) {
  const { timeZone, today } = placeOf(useMe());
  const [asking, setAsking] = useState(false);
  const { busy, failure, submit } = useSubmit();
  const moment = (at: string | null | undefined) =>
    at ? formatMoment(at, timeZone, today) : 'Never';
  const revoke = () =>
    submit(async () => {
      await revokeKey(apiKey.id);
      toast(`Key ${apiKey.name} revoked`);
      onRevoked();
    });
  return (
    <div className="flex-1 min-h-0 overflow-auto p-4 grid content-start gap-6">
      <Facts
        facts={[
          ['May', apiKey.scopes.map(scopeLabel).join(', ')],
          ['Sources', apiKey.sources?.join(', ') ?? 'Any'],
          ['Begins with', <code key="prefix">{apiKey.prefix}…</code>],
          ['Last used', moment(apiKey.last_used_at)],
          ['Ends', apiKey.expires_at ? formatDate(apiKey.expires_at, timeZone) : 'Never'],
          ['Made', `${moment(apiKey.created_at)} by ${apiKey.maker.name}`],
        ]}
      />
      <Failure>{failure}</Failure>
      <button
        type="button"
        className="btn danger justify-self-start"
        disabled={busy}
        onClick={() => setAsking(true)}
      >
        Revoke key
      </button>
      <Confirm
        open={asking}
        title={`Revoke the key of ${apiKey.name}?`}
        does="Revoke key"
        onConfirm={() => void revoke()}
        onClose={() => setAsking(false)}
      >
        The system that uses it is refused from now on. The key cannot be had back.
      </Confirm>
    </div>
  );
}
