import { useState } from 'react';
import { createKey } from '../api/rights';
import { useSubmit } from '../lib/useSubmit';
import { placeOf, useMe } from '../shell/session';
import { DateField } from '../ui/DateField';
import { DrawerForm } from '../ui/DrawerForm';
import { TextField } from '../ui/Field';
import { ShownOnce } from '../ui/ShownOnce';
import { endOfDay } from './grants';
import { KEY_SCOPES, parseSources } from './keys';

const SHOWN = ['name', 'scopes', 'sources', 'expires_at'] as const;

/** A new key, which is shown once. */
export function NewKeyForm({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const { timeZone, today } = placeOf(useMe());
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['ingest:write']);
  const [sources, setSources] = useState('');
  const [until, setUntil] = useState<string | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const { busy, errors, failure, submit, mend } = useSubmit(SHOWN);
  if (made) {
    return (
      <div className="p-4 overflow-auto">
        <ShownOnce title={`The key of ${name}`} lines={[made]} onDone={onClose}>
          Put it into the other system now: it is not kept here and cannot be shown again. It is
          sent as <code>Authorization: Bearer …</code>
        </ShownOnce>
      </div>
    );
  }
  const send = () =>
    submit(async () => {
      const { key } = await createKey({
        name: name.trim(),
        scopes,
        sources: parseSources(sources),
        expires_at: until && endOfDay(until, timeZone),
      });
      setMade(key);
      onMade();
    });
  const toggle = (scope: string) => {
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
    mend('scopes');
  };
  return (
    <DrawerForm
      failure={failure}
      onSubmit={() => void send()}
      actions={
        <>
          <button type="button" className="btn" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="btn primary" disabled={busy}>
            {busy ? 'Making…' : 'Make key'}
          </button>
        </>
      }
    >
      <TextField
        label="Name"
        hint="What the other system is called"
        value={name}
        error={errors.name}
        autoComplete="off"
        onText={(text) => {
          setName(text);
          mend('name');
        }}
      />
      <fieldset className="grid gap-1 min-w-0" aria-describedby="key-scopes-note">
        <legend className="font-medium text-ink-2 mb-1">It may</legend>
        {KEY_SCOPES.map((scope) => (
          <label key={scope.name} className="check">
            <input
              type="checkbox"
              checked={scopes.includes(scope.name)}
              onChange={() => toggle(scope.name)}
            />
            <span>
              {scope.label} <span className="text-ink-2">· {scope.hint}</span>
            </span>
          </label>
        ))}
        {errors.scopes && (
          <p id="key-scopes-note" role="alert" className="text-xs text-danger">
            {errors.scopes}
          </p>
        )}
      </fieldset>
      <TextField
        label="Only for these sources (optional)"
        hint="Names that the other system gives its rows, separated by commas; empty for any"
        value={sources}
        error={errors.sources}
        autoComplete="off"
        spellCheck={false}
        onText={(text) => {
          setSources(text);
          mend('sources');
        }}
      />
      <DateField
        label="Until (optional)"
        hint="The last day on which it works"
        value={until}
        error={errors.expires_at}
        today={today}
        earliest={today}
        onDate={setUntil}
      />
    </DrawerForm>
  );
}
