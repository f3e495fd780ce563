// Draws the report of predictions or labelled articles.

(() => {
  const SPEAKERS_A_PAGE = 15;
  const ARTICLES_A_PAGE = 20;
  const LOUDEST = 5;
  const QUOTED_AT_ONCE = 40;
  const MOST_BARS = 240;
  const LABEL_WIDTH = { week: 100, month: 80, year: 50 }; // of a date under the chart, in pixels
  const DAY = 24 * 60 * 60 * 1000;

  const showDates = (first, last) =>
    first === last ? showDate(first) : say(words.date_range, { from: showDate(first), to: showDate(last) });
  const noTones = () => page.tones.map(() => 0);
  const spellOut = (counts) =>
    counts.map((count, tone) => `${page.tones[tone]} ${showNumber(count)} (${showShare(count, sum(counts))})`).join(", ");

  // ---- The corpus ----

  /** Letters of a text with what spelling varies in made equal: marks and elongation go, hamza and endings join. */
  function fold(text) {
    return text
      .toLowerCase()
      .replace(/[\u064b-\u065f\u0670\u0640\u200c-\u200f\u202a-\u202e\u2066-\u2069]/g, "")
      .replace(/[أإآٱ]/g, "ا")
      .replace(/ى/g, "ي")
      .replace(/ة/g, "ه");
  }

  /** Where a folded query stands in a text, as [start, end] pairs. */
  function hits(text, query) {
    if (!query) return [];
    const places = []; // of each folded letter, in the text
    let folded = "";
    for (let place = 0; place < text.length; place++) {
      const letter = fold(text[place]);
      for (let i = 0; i < letter.length; i++) places.push(place);
      folded += letter;
    }
    const found = [];
    for (let at = folded.indexOf(query); at >= 0; at = folded.indexOf(query, at + query.length)) {
      found.push([places[at], places[at + query.length - 1] + 1]);
    }
    return found;
  }

  /** Every sentence of every article, which knows its article and its place; articles learn their mentions. */
  function flatten(articles) {
    const all = [];
    articles.forEach((article, number) => {
      article.number = number;
      article.folded = fold(article.title ?? "");
      article.marks = article.sentences.map(() => []);
      article.sentences.forEach((sentence, index) => {
        sentence.article = article;
        sentence.index = index;
        sentence.confidence = sentence.scores ? (sentence.scores[sentence.tone] ?? 0) : null;
        const [place, start, end] = sentence.mention ?? [];
        if (start !== undefined) article.marks[place].push([start, end]);
        all.push(sentence);
      });
    });
    return all;
  }

  const articles = page.articles;
  const sentences = flatten(articles);
  const foldedSpeakers = page.speakers.map(fold);
  const days = articles.map((article) => article.day).filter(Boolean).sort();
  const sources = [...new Set(articles.map((article) => article.source ?? ""))].sort();
  const alphabet = new Intl.Collator("ar");
  const compare = (a, b) => (a < b ? -1 : Number(a > b));
  const byDay = (a, b) => compare(a.day ?? "9999", b.day ?? "9999") || a.number - b.number;

  // ---- Filters ----

  const form = $("#filters");

  /** What the form asks for, in the terms of the data. */
  function readFilters() {
    const field = form.elements;
    return {
      text: fold(field.text.value.trim()),
      tones: new Set([...form.querySelectorAll("[name=tone]")].flatMap((box, tone) => (box.checked ? [tone] : []))),
      undecided: field.undecided?.checked ?? true,
      speaker: speakerTest(field.speaker.value),
      voice: field.voice.value,
      source: field.source.value === "" ? null : sources[Number(field.source.value)],
      from: field.from.value,
      to: field.to.value,
      confidence: Number(field.confidence.value) / 100,
    };
  }

  /** Which speakers a query finds: those that contain it, or the one in "quotes"; null for no query. */
  function speakerTest(typed) {
    const query = fold(typed.trim());
    if (!query) return null;
    const exact = /^"(.+)"$/.exec(query);
    return foldedSpeakers.map((name) => (exact ? name === exact[1] : name.includes(query)));
  }

  function articlePasses(article, filters) {
    if (filters.source !== null && (article.source ?? "") !== filters.source) return false;
    if (!filters.from && !filters.to) return true;
    return Boolean(article.day) && (!filters.from || article.day >= filters.from) && (!filters.to || article.day <= filters.to);
  }

  function sentencePasses(sentence, filters) {
    if (!filters.tones.has(sentence.tone) || (sentence.undecided && !filters.undecided)) return false;
    const speaks = sentence.speaker !== undefined;
    if (filters.voice && speaks !== (filters.voice === "speakers")) return false;
    if (filters.speaker && !(speaks && filters.speaker[sentence.speaker])) return false;
    if (sentence.confidence !== null && sentence.confidence < filters.confidence) return false;
    return !filters.text || sentence.article.folded.includes(filters.text) || foldedText(sentence).includes(filters.text);
  }

  /** A sentence's text for searching, made when it is first searched. */
  function foldedText(sentence) {
    sentence.folded ??= fold(sentence.text);
    return sentence.folded;
  }

  /** Mark what passes, and count it: the totals, each speaker, source and article. */
  function tally(filters) {
    const found = { all: noTones(), reporter: noTones(), speakers: new Map(), sources: new Map(), articles: [] };
    found.undecided = 0;
    for (const article of articles) {
      const passes = articlePasses(article, filters);
      article.matching = 0;
      for (const sentence of article.sentences) {
        sentence.matches = passes && sentencePasses(sentence, filters);
        if (sentence.matches) count(sentence, found);
      }
      if (article.matching) found.articles.push(article);
    }
    found.articles.sort(byDay);
    return found;
  }

  function count(sentence, found) {
    const { article, tone, speaker } = sentence;
    article.matching++;
    found.all[tone]++;
    found.undecided += sentence.undecided ?? 0;
    const source = article.source ?? "";
    if (!found.sources.has(source)) found.sources.set(source, noTones());
    found.sources.get(source)[tone]++;
    if (speaker === undefined) found.reporter[tone]++;
    else countSpeaker(speaker, sentence, found.speakers);
  }

  function countSpeaker(speaker, { tone, article }, speakers) {
    if (!speakers.has(speaker)) speakers.set(speaker, { speaker, counts: noTones(), sentences: 0, first: "", last: "" });
    const row = speakers.get(speaker);
    row.counts[tone]++;
    row.sentences++;
    if (!article.day) return;
    if (!row.first || article.day < row.first) row.first = article.day;
    if (article.day > row.last) row.last = article.day;
  }

  // ---- Pieces that several places draw ----

  /** A bar cut into tones, with the numbers as its text alternative. */
  function toneBar(counts, { labels = false } = {}) {
    const total = sum(counts);
    const bar = el("div", { class: "tone-bar", role: "img", "aria-label": spellOut(counts), title: spellOut(counts) });
    counts.forEach((count, tone) => {
      if (!count) return;
      const part = el("span", { "data-tone": colour(tone) });
      part.style.flexGrow = count;
      if (labels && count / total >= 0.09) part.textContent = showShare(count, total);
      bar.append(part);
    });
    return bar;
  }

  /** One row of the shares: a name, a bar, a number. */
  function shareRow(name, counts) {
    return el("div", { class: "share" }, name, toneBar(counts, { labels: true }), el("span", { text: showNumber(sum(counts)) }));
  }

  function speakerButton(speaker) {
    return quoted("button", page.speakers[speaker], {
      type: "button",
      class: "speaker",
      onclick: () => openDrawer(() => drawSpeaker(speaker)),
    });
  }

  /** The strip of an article: a cell a sentence. */
  function strip(article) {
    const cells = article.sentences.map((sentence) =>
      el("span", { "data-tone": colour(sentence.tone), class: sentence.matches ? null : "outside" }));
    return el("div", { class: "strip", "aria-hidden": "true" }, ...cells);
  }

  // ---- Overview ----

  function drawOverview(found) {
    const total = sum(found.all);
    const shown = found.articles.map((article) => article.day).filter(Boolean);
    $("#figures").replaceChildren(
      figure(words.articles, showNumber(found.articles.length)),
      figure(words.sentences, showNumber(total)),
      figure(words.speakers, showNumber(found.speakers.size)),
      ...(shown.length ? [figure(words.dates, showDates(shown[0], shown.at(-1)))] : []),
      ...(found.undecided ? [figure(words.undecided_count, showShare(found.undecided, total))] : []),
    );
    const speakers = found.all.map((count, tone) => count - found.reporter[tone]);
    const rows = [[words.all_sentences, found.all], [words.speakers_only, speakers], [words.reporter, found.reporter]];
    $("#shares").replaceChildren(...rows.map(([name, counts]) => shareRow(el("span", { text: name }), counts)));
    drawSources(found.sources);
    drawLoudest(found.speakers);
  }

  function drawSources(counted) {
    const box = $("#sources");
    box.hidden = sources.length < 2;
    const rows = [...counted].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, 10);
    box.lastElementChild.replaceChildren(
      ...rows.map(([source, counts]) => shareRow(source ? quoted("span", source) : el("span", { text: words.no_source }), counts)),
    );
  }

  /** For each tone, those who voice most sentences in it. */
  function drawLoudest(speakers) {
    const lists = page.tones.map((_, tone) => {
      const rows = [...speakers.values()].filter((row) => row.counts[tone]);
      rows.sort((a, b) => b.counts[tone] - a.counts[tone] || b.sentences - a.sentences);
      const items = rows.slice(0, LOUDEST).map((row) =>
        el("li", {}, speakerButton(row.speaker), el("span", { class: "quiet", text: showNumber(row.counts[tone]) })));
      return el("div", {}, el("h4", {}, toneLabel(tone)), el("ol", {}, ...items));
    });
    $("#loudest").lastElementChild.replaceChildren(...lists);
  }

  // ---- Time ----

  /** The first day of the week (Monday), month or year in which a day lies. */
  function periodOf(day, unit) {
    if (unit === "year") return `${day.slice(0, 4)}-01-01`;
    if (unit === "month") return `${day.slice(0, 7)}-01`;
    const date = new Date(day);
    return isoDay(date - ((date.getUTCDay() + 6) % 7) * DAY);
  }

  function nextPeriod(day, unit) {
    const date = new Date(day);
    if (unit === "year") date.setUTCFullYear(date.getUTCFullYear() + 1);
    else if (unit === "month") date.setUTCMonth(date.getUTCMonth() + 1);
    else date.setUTCDate(date.getUTCDate() + 7);
    return isoDay(date);
  }

  const isoDay = (date) => new Date(date).toISOString().slice(0, 10);

  /** Tone counts of every period from the first to the last, empty ones too. */
  function overTime(found, unit) {
    const dated = found.articles.filter((article) => article.day);
    const periods = new Map();
    if (!dated.length) return periods;
    const last = periodOf(dated.at(-1).day, unit);
    for (let period = periodOf(dated[0].day, unit); period <= last; period = nextPeriod(period, unit)) {
      periods.set(period, noTones());
    }
    for (const article of dated) {
      const counts = periods.get(periodOf(article.day, unit));
      for (const sentence of article.sentences) if (sentence.matches) counts[sentence.tone]++;
    }
    return periods;
  }

  /** Set the period to the one that was chosen, or to one in which the days shown make a chart that can be read. */
  function fitPeriod(shown) {
    const weeks = (new Date(shown.at(-1)) - new Date(shown[0])) / DAY / 7;
    const limits = { week: MOST_BARS, month: MOST_BARS * 4.3, year: Infinity };
    for (const option of $("#period").options) option.disabled = weeks > limits[option.value];
    const fitting = weeks <= 26 ? "week" : weeks <= 6 * 52 ? "month" : "year";
    $("#period").value = weeks <= limits[state.period] ? state.period : fitting;
  }

  function drawTime(found) {
    $("#time").hidden = !days.length;
    if (!days.length) return;
    fitPeriod(found.articles.map((article) => article.day).filter(Boolean));
    const unit = $("#period").value;
    const periods = [...overTime(found, unit)];
    const most = $("#scale").value === "shares" ? 0 : Math.max(1, ...periods.map(([, counts]) => sum(counts)));
    const every = Math.ceil((periods.length * LABEL_WIDTH[unit]) / Math.max($("#chart").clientWidth, LABEL_WIDTH[unit]));
    const hasRoom = (place) => place % every === 0 && place + 0.7 * every <= periods.length;
    const columns = periods.map(([period, counts], place) => column(period, counts, unit, most, hasRoom(place)));
    $("#chart").replaceChildren(el("span", { class: "most", text: most ? showNumber(most) : "100%" }), ...columns);
    $("#chart-table").lastElementChild.replaceChildren(timeTable(periods, unit));
    const undated = found.articles.filter((article) => !article.day).length;
    $("#undated").textContent = undated ? say(words.undated, { count: showNumber(undated) }) : "";
  }

  /** A period's column; `most` is the sentences of a full one, 0 where each is full. */
  function column(period, counts, unit, most, labelled) {
    const total = sum(counts);
    const stack = el("div", { class: "stack" });
    stack.style.height = `${100 * (most ? total / most : Math.sign(total))}%`;
    counts.forEach((count, tone) => {
      const part = el("span", { "data-tone": colour(tone) });
      part.style.flexGrow = count;
      stack.append(part);
    });
    const title = `${showDate(period, unit)}: ${spellOut(counts)}`;
    const label = labelled ? el("span", { class: "when", text: showDate(period, unit) }) : null;
    return el("div", { class: "column", title, onclick: () => restrictTo(period, unit) }, stack, label);
  }

  function timeTable(periods, unit) {
    const head = el("tr", {}, ...[words.period, ...page.tones].map((text) => el("th", { scope: "col", text })));
    const rows = periods.filter(([, counts]) => sum(counts)).map(([period, counts]) => {
      const restrict = el("button", { type: "button", text: showDate(period, unit), onclick: () => {
        restrictTo(period, unit);
        $("#chart-table summary").focus();
      } });
      const cells = counts.map((count) => el("td", { class: "number", text: `${showNumber(count)} (${showShare(count, sum(counts))})` }));
      return el("tr", {}, el("th", { scope: "row" }, restrict), ...cells);
    });
    return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  }

  /** Filter by the days of a period. */
  function restrictTo(period, unit) {
    form.elements.from.value = period;
    form.elements.to.value = isoDay(new Date(nextPeriod(period, unit)) - DAY);
    update();
  }

  // ---- Speakers ----

  const order = { by: "sentences", down: true }; // a column of the table, or a tone's number

  function compareSpeakers(a, b) {
    const way = order.down ? -1 : 1;
    const name = () => alphabet.compare(page.speakers[a.speaker], page.speakers[b.speaker]);
    if (order.by === "name") return way * name();
    if (order.by === "sentences") return way * (a.sentences - b.sentences) || name();
    if (order.by === "first" || order.by === "last") return way * compare(a[order.by], b[order.by]) || name();
    const tone = Number(order.by);
    return way * (a.counts[tone] - b.counts[tone]) || name();
  }

  function drawSpeakers() {
    const wanted = fold($("#find-speaker").value.trim());
    const rows = [...state.found.speakers.values()].filter((row) => foldedSpeakers[row.speaker].includes(wanted));
    rows.sort(compareSpeakers);
    const start = state.speakerPage * SPEAKERS_A_PAGE;
    const shown = rows.slice(start, start + SPEAKERS_A_PAGE);
    $("#speakers tbody").replaceChildren(...(shown.length ? shown.map(speakerRow) : [nothingRow()]));
    for (const cell of document.querySelectorAll("#speakers [data-sort]")) {
      if (cell.dataset.sort === order.by) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    $("#sort").value = order.by;
    showPager($("#speakers .pager"), state.speakerPage, SPEAKERS_A_PAGE, rows.length, (target) => {
      state.speakerPage = target;
      drawSpeakers();
    });
  }

  const nothingRow = () => el("tr", {}, el("td", { colspan: 5, class: "quiet", text: words.nothing }));

  function speakerRow(row) {
    return el("tr", {},
      el("th", { scope: "row" }, speakerButton(row.speaker)),
      el("td", { class: "split" }, toneBar(row.counts)),
      el("td", { class: "number", text: showNumber(row.sentences) }),
      el("td", { class: "date", text: showDate(row.first) }),
      el("td", { class: "date", text: showDate(row.last) }),
    );
  }

  /** Sort by a column; a second time turns it round. */
  function sortBy(by, toggle) {
    order.down = toggle && order.by === by ? !order.down : by !== "name" && by !== "first";
    order.by = by;
    state.speakerPage = 0;
    drawSpeakers();
  }

  // ---- Articles ----

  function drawArticles() {
    const list = inOrder(state.found.articles);
    const start = state.articlePage * ARTICLES_A_PAGE;
    const shown = list.slice(start, start + ARTICLES_A_PAGE);
    const cards = shown.map((article, place) => articleCard(article, state.open.has(article) || (state.first && place === 0)));
    $("#articles .list").replaceChildren(...(cards.length ? cards : [el("p", { class: "quiet", text: words.nothing })]));
    showPager($("#articles .pager"), state.articlePage, ARTICLES_A_PAGE, list.length, (target) => {
      state.articlePage = target;
      state.first = false;
      drawArticles();
    });
  }

  /** The articles as the page is asked to order them: by date, or by how many sentences match in a tone. */
  function inOrder(list) {
    const by = $("#article-order").value;
    if (by === "oldest") return list;
    if (by === "newest") return [...list.filter((article) => article.day).reverse(), ...list.filter((article) => !article.day)];
    const inTone = (article) => article.sentences.filter((s) => s.matches && s.tone === Number(by)).length;
    const counts = new Map(list.map((article) => [article, inTone(article)]));
    return [...list].sort((a, b) => counts.get(b) - counts.get(a));
  }

  /** An article that opens; its sentences are drawn when it first does. */
  function articleCard(article, open) {
    const matching = { count: showNumber(article.matching), total: showNumber(article.sentences.length) };
    const all = article.matching === article.sentences.length;
    const card = el("details", { class: "article", open },
      el("summary", { dir: directionOf(article.sentences[0].text).dir },
        quoted("h3", titleOf(article)),
        byline(article),
        strip(article),
        all ? null : el("span", { class: "quiet", dir: document.dir, text: say(words.matching, matching) }),
      ),
    );
    const fill = () => {
      if (card.open && card.children.length === 1) card.append(readingView(article));
    };
    card.addEventListener("toggle", () => {
      state.open[card.open ? "add" : "delete"](article);
      fill();
    });
    fill();
    return card;
  }

  function readingView(article) {
    const rows = article.sentences.map((sentence, index) => {
      const before = index ? article.sentences[index - 1].speaker : -1;
      return sentenceRow(sentence, sentence.speaker === before);
    });
    return el("ol", { class: "sentences", dir: "rtl" }, ...rows);
  }

  /** A sentence: who, what, in which tone. The name is shown once while a speaker goes on. */
  function sentenceRow(sentence, goesOn) {
    return el("li", {
      class: `sentence${sentence.undecided ? " undecided" : ""}${sentence.matches ? "" : " outside"}${goesOn ? " goes-on" : ""}`,
      "data-tone": colour(sentence.tone),
    }, el("div", { class: "who" }, whoOf(sentence, goesOn)), textOf(sentence), tagOf(sentence));
  }

  /** The speaker of a sentence; for screen readers alone, and no button, where the one before goes on. */
  function whoOf({ speaker }, goesOn) {
    if (speaker === undefined) return el("span", { class: "quiet", lang: page.lang, text: words.reporter });
    return goesOn ? quoted("span", page.speakers[speaker]) : speakerButton(speaker);
  }

  /** The sentence's text, with mentions underlined and what was searched for marked. */
  function textOf(sentence) {
    const marks = sentence.article.marks[sentence.index];
    const found = hits(sentence.text, state.filters.text);
    return marked(sentence.text, ["u", marks], ["mark", found]);
  }

  /** The tone of a sentence, which says more when it is pointed at or focused. */
  function tagOf(sentence) {
    const facts = factsOf(sentence);
    const name = page.tones[sentence.tone] + (sentence.undecided ? " ?" : "");
    const id = `tip-${state.tips++}`;
    const tip = facts.length ? el("span", { class: "tip", role: "tooltip", id }, ...facts) : null;
    const tag = toneLabel(sentence.tone, tip ? { text: name, tabindex: 0, role: "note", "aria-describedby": id } : { text: name });
    return el("div", { class: "tone", dir: document.dir, lang: page.lang }, tag, tip);
  }

  function factsOf(sentence) {
    const fact = (name, value) => el("span", { class: "fact" }, el("span", { text: name }), el("b", { text: value }));
    const facts = [];
    if (sentence.undecided) facts.push(el("span", { text: words.undecided_hint }));
    (sentence.scores ?? []).forEach((score, tone) => facts.push(fact(page.tones[tone], showShare(score, 1))));
    if (sentence.certainty !== undefined) facts.push(fact(words.speaker_confidence, showShare(sentence.certainty, 1)));
    const place = sentence.mention?.[0] ?? sentence.index;
    if (place !== sentence.index) facts.push(el("span", { text: say(words.named_in, { number: showNumber(place + 1) }) }));
    if (sentence.truncated) facts.push(el("span", { text: words.truncated }));
    return facts;
  }

  // ---- In the drawer: a speaker, or an article that a speaker speaks in ----

  function drawSpeaker(speaker) {
    const own = sentences.filter((sentence) => sentence.speaker === speaker);
    own.sort((a, b) => byDay(a.article, b.article) || a.index - b.index);
    const row = new Map();
    for (const sentence of own) countSpeaker(speaker, sentence, row);
    const { counts, first, last } = row.get(speaker);
    const quotes = el("div", {});
    addQuotes(quotes, own, 0);
    return [
      quoted("h2", page.speakers[speaker], { id: "drawer-title", tabindex: -1 }),
      el("p", { class: "quiet", text: first ? showDates(first, last) : "" }),
      shareRow(el("span", { text: words.sentences }), counts),
      namings(own),
      el("button", { type: "button", text: words.show_only, onclick: () => showOnly(speaker) }),
      quotes,
    ];
  }

  /** The phrases by which the articles name a speaker, longest first. */
  function namings(own) {
    const phrases = new Set();
    for (const { mention, article } of own) {
      if (mention?.length === 3) phrases.add(article.sentences[mention[0]].text.slice(mention[1], mention[2]));
    }
    const longest = [...phrases].sort((a, b) => b.length - a.length).slice(0, 6);
    if (!longest.length) return null;
    return el("div", { class: "namings" }, el("h3", { text: words.named_as }), el("ul", {}, ...longest.map((text) => quoted("li", text))));
  }

  /** A speaker's sentences under the titles of their articles, some at a time. */
  function addQuotes(box, own, start) {
    const end = Math.min(own.length, start + QUOTED_AT_ONCE);
    let list = null;
    for (let i = start; i < end; i++) {
      const { article } = own[i];
      if (!list || article !== own[i - 1].article) {
        const open = quoted("button", titleOf(article), { type: "button", class: "link", onclick: () => openDrawer(() => drawArticle(article)) });
        list = el("ol", { class: "sentences quotes", dir: "rtl" });
        box.append(el("div", { dir: directionOf(own[i].text).dir }, el("h3", {}, open), byline(article), list));
      }
      list.append(sentenceRow(own[i], true));
    }
    if (end === own.length) return;
    const more = el("button", { type: "button", text: words.more, onclick: () => {
      more.remove();
      const drawn = box.children.length;
      addQuotes(box, own, end);
      box.children[drawn].querySelector("button").focus();
    } });
    box.append(more);
  }

  function drawArticle(article) {
    return [heading(article), readingView(article)];
  }

  /** Filter by one speaker, and show the articles. */
  function showOnly(speaker) {
    drawer.close();
    form.elements.speaker.value = `"${page.speakers[speaker]}"`;
    form.elements.voice.value = "";
    update();
    $("#main").focus({ preventScroll: true });
    $("#overview").scrollIntoView();
  }

  // ---- All together ----

  const state = {
    filters: null,
    found: null, // what passes them, counted
    speakerPage: 0,
    articlePage: 0,
    open: new Set(), // articles that were opened
    first: true, // whether the first article of the list opens by itself
    period: "", // as chosen by the reader
    tips: 0,
  };

  /** Read the filters and draw everything anew. */
  function update() {
    state.filters = readFilters();
    state.found = tally(state.filters);
    state.speakerPage = state.articlePage = 0;
    $("#confidence output").textContent = percents.format(state.filters.confidence);
    showStatus();
    drawOverview(state.found);
    drawTime(state.found);
    drawSpeakers();
    drawArticles();
  }

  function showStatus() {
    const total = sum(state.found.all);
    const values = {
      sentences: total,
      all: sentences.length,
      articles: state.found.articles.length,
      all_articles: articles.length,
    };
    for (const name of Object.keys(values)) values[name] = showNumber(values[name]);
    $("#status").textContent = say(total === sentences.length ? words.status : words.status_filtered, values);
  }

  /** Call something once its calls have paused, so that typing stays quick. */
  function paused(run) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(run, 120);
    };
  }

  function fillFilters() {
    const box = (name, label) => el("label", { class: "check" }, el("input", { type: "checkbox", name, checked: true }), label);
    $("#tones").append(...page.tones.map((_, tone) => box("tone", toneLabel(tone))));
    if (sentences.some((sentence) => sentence.undecided)) $("#tones").append(box("undecided", words.undecided));
    sources.forEach((source, place) => {
      form.elements.source.append(el("option", { value: place, text: source || words.no_source }));
    });
    $("#source").hidden = sources.length < 2;
    $("#dates").hidden = !days.length;
    $("#speakers").classList.toggle("undated", !days.length);
    $("#confidence").hidden = sentences.every((sentence) => sentence.confidence === null);
    $("#filter-box").open = matchMedia("(min-width: 60rem)").matches;
  }

  function fillSelects() {
    $("#legend").append(...page.tones.map((_, tone) => toneLabel(tone)));
    if (!days.length) offerNoDates();
    for (const select of [$("#sort"), $("#article-order")]) {
      select.append(...page.tones.map((tone, place) => el("option", { value: place, text: say(words.sort_tone, { tone }) })));
    }
  }

  /** Without any date there is nothing to sort by it. */
  function offerNoDates() {
    for (const by of ["first", "last"]) $(`#sort [value=${by}]`).remove();
    $("#article-order [value=newest]").remove();
    $("#article-order [value=oldest]").textContent = words.file_order;
  }

  function listen() {
    form.addEventListener("input", paused(update));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(update));
    $("#period").addEventListener("change", (event) => {
      state.period = event.target.value;
      drawTime(state.found);
    });
    $("#scale").addEventListener("change", () => drawTime(state.found));
    $("#sort").addEventListener("change", (event) => sortBy(event.target.value, false));
    $("#find-speaker").addEventListener("input", paused(() => {
      state.speakerPage = 0;
      drawSpeakers();
    }));
    $("#article-order").addEventListener("change", () => {
      state.articlePage = 0;
      drawArticles();
    });
    for (const cell of document.querySelectorAll("#speakers [data-sort]")) {
      cell.firstElementChild.addEventListener("click", () => sortBy(cell.dataset.sort, true));
    }
    const setAll = (open) => document.querySelectorAll("#articles details").forEach((card) => (card.open = open));
    $("#open-all").addEventListener("click", () => setAll(true));
    $("#close-all").addEventListener("click", () => setAll(false));
  }

  fillFilters();
  fillSelects();
  listen();
  update();
})();
