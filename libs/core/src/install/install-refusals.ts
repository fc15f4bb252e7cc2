import type { FlockErrorCode } from '../foundation/errors/error-codes.js';
import type { InstallPage } from './install-page.js';

interface RefusalText {
  readonly title: string;
  readonly text: string;
  /** Whether starting again is the way out. */
  readonly again: boolean;
}

const TEXTS = {
  state_unrecognised: {
    title: 'This install link cannot be used here',
    text: 'It may have been opened in another browser, have been used already, or be too old; or this browser does not keep cookies. Nothing was connected. Start the install again from the app, in the browser you want to use.',
    again: false,
  },
  cookies_blocked: {
    title: 'This browser keeps no cookies here',
    text: 'The install was begun twice, and both times the answer came back without the cookie that proves that it is yours. Nothing was connected. Allow cookies for this site, or open the app in a page of its own.',
    again: false,
  },
  state_expired: {
    title: 'The install took too long',
    text: 'For your safety an install has to be finished within 15 minutes. Nothing was connected.',
    again: true,
  },
  state_reused: {
    title: 'This install was already finished',
    text: 'The same answer arrived a second time and was ignored. If you do not see the connection, start again.',
    again: true,
  },
  state_other_user: {
    title: 'Started by another user',
    text: 'This install was started by somebody else who was signed in here. Nothing was connected. Sign in as that user, or start your own install.',
    again: true,
  },
  install_denied: {
    title: 'You declined the install',
    text: 'Nothing was connected. You can start again whenever you like.',
    again: true,
  },
  install_refused: {
    title: 'This install is not permitted',
    text: 'The app does not permit you to make this connection. Ask whoever manages it for you.',
    again: false,
  },
  install_failed: {
    title: 'The install could not be finished',
    text: 'The provider did not complete the install. Nothing was connected.',
    again: true,
  },
  install_invalid_request: {
    title: 'This install link is not valid',
    text: 'Something in the link is not right.',
    again: false,
  },
  callback_invalid: {
    title: 'The answer was not valid',
    text: 'What came back from the provider was not a proper answer, so it was not used. Nothing was connected.',
    again: true,
  },
  connection_owned_elsewhere: {
    title: 'Already connected for somebody else',
    text: 'This account is connected under another owner of this app. It has to be disconnected there before it can be connected here.',
    again: false,
  },
  too_many_requests: {
    title: 'Too many attempts',
    text: 'There were many install attempts from your address. Wait a minute and try again.',
    again: false,
  },
} as const satisfies Partial<Record<FlockErrorCode, RefusalText>>;

export type InstallRefusal = keyof typeof TEXTS;

export const isInstallRefusal = (code: string): code is InstallRefusal =>
  Object.hasOwn(TEXTS, code);

/** The page of a refusal; `detail` replaces the text and must be our own words. */
export function refusalPage(
  code: InstallRefusal,
  installUrl: string | undefined,
  detail?: string,
): InstallPage {
  const { title, text, again } = TEXTS[code];
  return {
    title,
    text: detail ?? text,
    code,
    ...(again &&
      installUrl !== undefined && { action: { label: 'Start again', href: installUrl } }),
  };
}
