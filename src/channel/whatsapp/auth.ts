import type { LocalAuth as LocalAuthType } from 'whatsapp-web.js';

/**
 * LocalAuth that never deletes: the library removes the profile under the living browser as soon as any navigation carries
 * `post_logout=1` (Client.js, `framenavigated`). `onBrowser` is called once the library has a browser with a page.
 */
export function keepingAuth(
  LocalAuth: typeof LocalAuthType,
  whatsappDirectory: string,
  onBrowser: () => void,
): LocalAuthType {
  class KeepingAuth extends LocalAuth {
    override logout = async (): Promise<void> => {};
    override afterBrowserInitialized = async (): Promise<void> => onBrowser();
  }
  return new KeepingAuth({ dataPath: whatsappDirectory });
}
