import { useEffect, useState } from 'react';

/** A text that follows another after a pause, ms. */
export function useLater(text: string, pause: number): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLater(text), pause);
    return () => clearTimeout(timer);
  }, [text, pause]);
  return later;
}
