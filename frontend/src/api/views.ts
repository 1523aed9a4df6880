/** Saved views. */
import type { View as Wire } from '../client/tracker';
import type { ViewState } from '../views/viewState';
import { request, requestWhole } from './http';

const VIEWS = '/api/tracker/views/';

/** A view; its state is what the site put there, perhaps an older edition of it. */
export type View = Omit<Wire, 'state'> & { state: Partial<ViewState> };

export interface ViewFields {
  name: string;
  shared: boolean;
  state: ViewState;
  default_for_me: boolean;
}

export const fetchViews = (signal?: AbortSignal) => requestWhole<View>(VIEWS, signal);

/** The same with the number of challans that each finds, which takes the server longer. */
export const fetchCountedViews = (signal?: AbortSignal) =>
  requestWhole<View>(`${VIEWS}?count=exact`, signal);

export const createView = (fields: ViewFields) => request<View>('POST', VIEWS, { body: fields });

export const patchView = (view: View, fields: Partial<ViewFields>) =>
  request<View>('PATCH', `${VIEWS}${view.id}/`, {
    body: { ...fields, base_version: view.version },
  });

/** Opens the register with a view from now on, or not any more; everybody's own choice. */
export const chooseView = (id: string, chosen: boolean) =>
  request<View>('PATCH', `${VIEWS}${id}/`, { body: { default_for_me: chosen } });

export const deleteView = (view: View) =>
  request<View>('DELETE', `${VIEWS}${view.id}/`, { headers: { 'If-Match': `"${view.version}"` } });
