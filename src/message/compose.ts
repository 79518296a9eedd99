import type { MessageConfig } from '../config/config.ts';
import { foldNocs } from '../config/nocs.ts';
import { RcError } from '../errors.ts';
import { builtInWording } from './built-in.ts';
import type { Composer, Notice } from './composer.ts';
import { type DigestFields, type MeterFields, meterFields, type Wording } from './fields.ts';
import { formatGenerated } from './formats.ts';
import { MAX_TEXT, splitToFit } from './split.ts';
import { templateError } from './template-error.ts';

/**
 * The composer of the built-in text, or of the template that is configured.
 * Throws RcError 78 `ERR_RC_TEMPLATE` where the template can not be read, parsed or rendered. Should it fail later, on a
 * meter the samples did not foresee, `onFailure` hears of it and that message is worded by the built-in text.
 */
export async function createComposer(
  message: MessageConfig,
  onFailure: (error: RcError) => void = () => {},
): Promise<Composer> {
  const builtIn = composerOf(builtInWording(message.footer), message);
  if (message.template === null) return builtIn;
  const { templateWording } = await import('./template.ts');
  const { tryOut } = await import('./try-out.ts');
  const composer = composerOf(await templateWording(message.template, message.footer), message);
  tryOut(composer);
  const insteadOf = <T>(worded: () => T, otherwise: () => T): T => {
    try {
      return worded();
    } catch (thrown) {
      if (!(thrown instanceof RcError)) throw thrown;
      onFailure(thrown);
      return otherwise();
    }
  };
  return {
    single: (...given) =>
      insteadOf(
        () => composer.single(...given),
        () => builtIn.single(...given),
      ),
    digest: (notices, at) =>
      insteadOf(
        () => composer.digest(notices, at),
        () => builtIn.digest(notices, at),
      ),
  };
}

function composerOf(wording: Wording, message: MessageConfig): Composer {
  const generated = (at: Date): string => formatGenerated(at.getTime(), message.timezone);
  return {
    single: (notice, generatedAt) =>
      bounded(wording.single(meterFields(notice, 1, message), generated(generatedAt)), message.template),
    digest: <N extends Notice>(notices: readonly N[], generatedAt: Date) => {
      if (notices.length === 0) throw new Error('a digest of no notices');
      const lines = notices.map((notice, index) => ({
        notice,
        fields: meterFields(notice, index + 1, message),
      }));
      const head = digestHead(
        lines.map((line) => line.fields),
        generated(generatedAt),
      );
      return splitToFit(lines, (some, part, parts) =>
        wording.digest({ ...head, meters: some.map((line) => line.fields), part, parts }),
      ).map(({ text, items }) => ({
        text: bounded(text, message.template),
        notices: items.map((line) => line.notice),
      }));
    },
  };
}

function digestHead(
  meters: readonly MeterFields[],
  generated: string,
): Omit<DigestFields, 'meters' | 'part' | 'parts'> {
  const stuck = meters.filter((meter) => meter.status === 'STUCK').length;
  const names = new Set(meters.map((meter) => foldNocs(meter.nocs)));
  return {
    total: meters.length,
    stuck,
    alert: meters.length - stuck,
    nocs: names.size === 1 ? (meters[0]?.nocs ?? null) : null,
    generated,
  };
}

/** The built-in text always fits, its fields and the footer being bounded; a template can say anything. */
function bounded(text: string, template: string | null): string {
  if (text.length <= MAX_TEXT) return text;
  const excess = `a message of ${text.length} characters, where WhatsApp takes ${MAX_TEXT}`;
  throw template === null ? new Error(excess) : templateError(template, null, `it makes ${excess}`);
}
