// The script of every page. Everything here adds to pages that work without it. Each part is a module; the
// app joins them, in this order, when it starts.

import "./site/events.js";
import "./site/bringing.js";
import "./site/sql.js";
import "./site/theme.js";
import "./site/dialogs.js";
import "./site/toasts.js";
import "./site/copying.js";
import "./site/clicks.js";
import "./site/forms.js";
import "./site/time-zone.js";
import "./site/swapping.js";
import "./site/problems.js";
import "./site/health.js";
import "./site/wizard.js";
import "./site/settling.js";
import "./site/tabs.js";
import "./site/panel.js";
import "./site/covering.js";
import "./site/drafts.js";
import "./site/quick-line.js";
import "./site/folding.js";
import "./site/quick-names.js";
import "./site/search.js";
import "./site/keys.js";
import "./site/undoing.js";
import "./site/in-place.js";
import "./site/waking.js";
import "./site/start.js";
