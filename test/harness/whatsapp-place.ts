import process from 'node:process';
import { onTestFinished } from 'vitest';
import {
  startWhatsAppWeb,
  type WhatsAppWeb,
  type WhatsAppWebOptions,
} from '../standins/whatsapp-web/index.ts';
import type { Finished } from './command.ts';
import { countMeters, Workplace } from './workplace.ts';

type Settings = Readonly<Record<string, unknown>>;

/** A workplace whose Chromium finds the stand-in where it looks for WhatsApp Web. */
export class WhatsAppPlace extends Workplace {
  readonly web: WhatsAppWeb;

  constructor(web: WhatsAppWeb, settings: Settings, whenTestIsOver: (cleanUp: () => Promise<void>) => void) {
    super({}, whenTestIsOver);
    this.web = web;
    this.configure(settings);
  }

  override configure(settings: Settings): void {
    // The parent class configures before this one knows its stand-in.
    if (this.web === undefined) return;
    const { whatsapp = {}, ...others } = settings as { whatsapp?: Settings };
    super.configure({
      ...others,
      whatsapp: {
        linkSettle: '500ms',
        ...whatsapp,
        browser: { sandbox: process.geteuid?.() !== 0, args: this.web.browserArgs },
      },
    });
  }

  override timesTold(meters: readonly string[]): Record<string, number> {
    return countMeters(this.web.deliveries.map(({ text }) => text).join('\n'), meters);
  }

  /** Links by QR code; the login has ended when it resolves. */
  async login(args: readonly string[] = []): Promise<Finished> {
    const login = this.start(['login', ...args]);
    // The page shows it before the library has asked for it.
    await login.wrote('█');
    await this.web.scanQr(await this.web.qr());
    return login.finished;
  }
}

/** Both are gone when the test is over. */
export async function whatsAppPlace(
  settings: Settings = {},
  options: WhatsAppWebOptions = {},
  whenTestIsOver: (cleanUp: () => Promise<void>) => void = onTestFinished,
): Promise<WhatsAppPlace> {
  const web = await startWhatsAppWeb(options);
  whenTestIsOver(() => web.close());
  return new WhatsAppPlace(web, settings, whenTestIsOver);
}
