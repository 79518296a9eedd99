import { requireModule } from './modules.js';
import { launch } from './session.js';
import { hasFault, settings } from './settings.js';

window.require = requireModule;
if (!hasFault('no-debug-version')) {
  window.Debug = { VERSION: settings.version };
  launch();
}
