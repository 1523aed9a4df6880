import { useEffect, useRef, useState } from 'react';
import type { CopyLook } from '../grid/clipboard';
import type { Column, Place } from '../grid/columns';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { between, Changed, type CopySource, download, textOf } from './tableFile';

/** Saving rows as a file: how far it is, what went wrong, and ending it. */
export function useTableFile(source: CopySource, place: Place) {
  /** Rows read so far; null while nothing is read. */
  const [done, setDone] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  /** How many there are, where that is not what was promised at first. */
  const [now, setNow] = useState<number | null>(null);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const count = now ?? source.count;

  /** Whether the file was handed over. */
  const save = async (columns: Column[], look: CopyLook): Promise<boolean> => {
    const controller = new AbortController();
    running.current = controller;
    setDone(0);
    setFailure(null);
    try {
      const { signal } = controller;
      const options = { columns, place, look, signal, onRead: setDone };
      const texts = await textOf({ ...source, count }, options);
      const message = look.shape === 'message';
      const name = `challans-${place.today}.${message ? 'txt' : 'tsv'}`;
      const parts = texts.flatMap((text, i) => (i > 0 ? [between(look), text] : [text]));
      download(name, parts, message ? 'text/plain' : 'text/tab-separated-values');
      toast(`${plural(count, 'row')} saved as ${name}.`);
      return true;
    } catch (error) {
      if (controller.signal.aborted) return false;
      if (error instanceof Changed && error.now !== null) setNow(error.now);
      setFailure(error instanceof Error ? error.message : 'The rows could not be saved.');
      return false;
    } finally {
      if (!controller.signal.aborted) setDone(null);
    }
  };
  return { count, done, failure, save };
}
