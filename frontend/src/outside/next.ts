/** Only a path of this site may follow a sign-in. */
export const safeNext = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) ? next : '/start/dashboard';
