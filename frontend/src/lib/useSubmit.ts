import { useCallback, useState } from 'react';
import { ProblemError } from '../api/http';

export type FieldErrors = Record<string, string>;

/** The field that a problem is about which names none, by its code. */
export type FieldOfCode = Readonly<Record<string, string>>;

/** What a refusal says of each field, and of the whole where it names none of `shown`. */
export function reasonsOf(error: unknown, shown: readonly string[], fieldOf: FieldOfCode = {}) {
  const fields: FieldErrors = {};
  if (error instanceof ProblemError) {
    for (const [name, reasons] of Object.entries(error.fields)) fields[name] = reasons.join(' ');
    const meant = fieldOf[error.code];
    if (meant && Object.keys(fields).length === 0) fields[meant] = error.message;
  }
  const named = Object.keys(fields);
  const told = named.length > 0 && named.every((name) => shown.includes(name));
  const others = named.filter((name) => !shown.includes(name)).map((name) => fields[name]);
  const message = error instanceof Error ? error.message : 'This could not be done.';
  const failure = told ? null : others.length > 0 ? others.join(' ') : message;
  return { fields, failure };
}

/** Sending a form: whether it is under way, and what was refused, by field. */
export function useSubmit(shown: readonly string[] = [], fieldOf: FieldOfCode = {}) {
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<string | null>(null);

  /** Runs `act`; says whether it went well. */
  const submit = async (act: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setErrors({});
    setFailure(null);
    try {
      await act();
      return true;
    } catch (error) {
      const reasons = reasonsOf(error, shown, fieldOf);
      setErrors(reasons.fields);
      setFailure(reasons.failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  /** Forgets what was said of a field, which is being mended. */
  const mend = useCallback((name: string) => setErrors(({ [name]: _, ...rest }) => rest), []);
  return { busy, errors, failure, submit, mend, setErrors };
}
