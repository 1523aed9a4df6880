/** One door to the server: JSON, the CSRF token, and errors as `ProblemError`. */

import { Listeners } from '../lib/listeners';

/** An RFC 9457 answer of the server, or a stand-in for one where the body is not JSON. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Reasons per field, empty where the problem is not about fields. */
    readonly fields: Record<string, string[]>,
    /** The whole body: a conflict carries `current` and `conflicts` in it. */
    readonly body: Record<string, unknown>,
  ) {
    super(message);
    this.name = 'ProblemError';
  }
}

/** The server could not be reached at all. */
export class UnreachableError extends Error {
  constructor() {
    super('The server cannot be reached. Check the connection and try again.');
    this.name = 'UnreachableError';
  }
}

const signedOut = new Listeners();

/** Hears whenever the server answers that nobody is signed in. */
export const onSignedOut = signedOut.subscribe;

/** Tells everybody listening that the session ended. */
export const announceSignedOut = (): void => signedOut.tell();

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Whether a 401 means "the session ended"; false for signing in itself. */
  session?: boolean;
  /** Hears the batch that a write was, by which it can be undone. */
  onBatch?: (batch: string) => void;
}

/** Reads the readable CSRF cookie; on https it has the `__Host-` prefix. */
export function csrfToken(cookies: string = document.cookie): string | null {
  for (const part of cookies.split(';')) {
    const [name, ...value] = part.trim().split('=');
    if (name === '__Host-csrftoken' || name === 'csrftoken') return value.join('=');
  }
  return null;
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') {
    if (!csrfToken()) await fetch('/api/csrf/', { credentials: 'same-origin' });
    headers['X-CSRFToken'] = csrfToken() ?? '';
  }
  return fetch(path, {
    method,
    headers,
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: options.signal,
    credentials: 'same-origin',
  });
}

async function problemOf(response: Response): Promise<ProblemError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // A proxy in between may answer in HTML; the status still says enough.
  }
  const text = body.detail ?? body.title ?? `The server answered ${response.status}.`;
  return new ProblemError(
    response.status,
    String(body.code ?? ''),
    String(text),
    (body.fields as Record<string, string[]> | undefined) ?? {},
    body,
  );
}

/** Sends one request and returns the JSON of its answer (undefined for an empty one). */
export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  let response: Response;
  try {
    response = await send(method, path, options);
    // A token of an ended session is refused once; a fresh one settles it.
    if (response.status === 403 && method !== 'GET') {
      const problem = await problemOf(response.clone());
      if (problem.code.startsWith('csrf')) {
        await fetch('/api/csrf/', { credentials: 'same-origin' });
        response = await send(method, path, options);
      }
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new UnreachableError();
  }
  if (!response.ok) {
    if (response.status === 401 && options.session !== false) announceSignedOut();
    throw await problemOf(response);
  }
  const batch = response.headers.get('X-Batch-Id');
  if (batch) options.onBatch?.(batch);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Reads a list that is needed whole: every page that its first one leads to. */
export async function requestWhole<T>(
  path: string,
  signal?: AbortSignal,
): Promise<{ results: T[] }> {
  const results: T[] = [];
  let next: string | null | undefined = path;
  while (next) {
    const page: { results: T[]; next?: string | null } = await request('GET', next, { signal });
    results.push(...page.results);
    next = page.next;
  }
  return { results };
}

/** Builds a query string, leaving out what is empty. */
export function query(parameters: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
