// What the page does without asking the server: choosing and sending files, dragging the wipe, keys, and in which order
// things are said.
(function () {
  "use strict";
  const ENDINGS = [".seg.nrrd", ".nii.gz", ".nrrd", ".nii", ".mha", ".zip", ".dcm", ".dicom", ".ima"];
  const MOST_FILES = 5000;
  const NO_SCAN = 415;
  const MARK_PIXELS = 210;

  // The name of a file stays here, where it may be a patient's; only its ending goes out.
  function endingOf(name) {
    const lower = name.toLowerCase();
    const known = ENDINGS.find((ending) => lower.endsWith(ending));
    if (known) return known;
    const dot = lower.lastIndexOf(".");
    // DICOM slices often end in nothing, or in the last part of a UID.
    return dot < 0 || /^\.\d+$/.test(lower.slice(dot)) ? "" : lower.slice(dot, dot + 12);
  }

  // Of a folder, what is no scan is left out: a CD brings a viewer and its notes along.
  async function send(files, isFolder) {
    const scans = isFolder ? files.filter((file) => ["", ...ENDINGS].includes(endingOf(file.name))) : files;
    if (scans.length > MOST_FILES)
      throw { error: `These are ${scans.length} files, more than ${MOST_FILES}.`, remedy: "Send the series as one zip." };
    let into = "";
    let leftOut = files.length - scans.length;
    for (const file of scans) {
      const query = new URLSearchParams({ ending: endingOf(file.name) });
      if (into) query.set("into", into);
      const answer = await fetch("upload?" + query, { method: "POST", body: file });
      if (answer.ok) {
        into = (await answer.json()).into;
        continue;
      }
      const said = await answer.json().catch(() => ({ error: "The server refused the file.", remedy: "Try again." }));
      if (!isFolder || answer.status !== NO_SCAN) throw said;
      leftOut += 1;
    }
    if (!into)
      throw { error: `None of the ${files.length} files is a scan.`, remedy: "Choose the folder of a DICOM series." };
    return [into, leftOut];
  }

  function pick(done, failed, uploading, role, accept) {
    const input = document.createElement("input");
    input.type = "file";
    input.style.display = "none";
    input.dataset.role = role;
    const isFolder = accept === "folder";
    if (isFolder) input.webkitdirectory = true;
    else {
      input.accept = accept;
      input.multiple = true;
    }
    input.addEventListener("change", async () => {
      const files = [...input.files].filter((file) => !file.name.startsWith("."));
      input.remove();
      if (!files.length) return;
      window.trame.state.set(uploading, true);
      try {
        const [into, leftOut] = await send(files, isFolder);
        window.trame.trigger(done, [role, into, leftOut]);
      } catch (said) {
        const lost = { error: "The file could not be sent.", remedy: "Check that the reading room still runs." };
        const { error, remedy } = said && said.error ? said : lost;
        window.trame.trigger(failed, [error, remedy]);
      } finally {
        window.trame.state.set(uploading, false);
      }
    });
    document.body.appendChild(input);
    input.click();
  }

  function wipe(event, key) {
    const grid = event.target.parentElement;
    const move = (moved) => {
      const box = grid.getBoundingClientRect();
      const share = (100 * (moved.clientX - box.left)) / box.width;
      // Enough stays open for the mark that says SYNTHETIC.
      const most = Math.max(5, 100 - (100 * MARK_PIXELS) / box.width);
      window.trame.state.set(key, Math.min(most, Math.max(2, share)));
    };
    const end = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    event.preventDefault();
  }

  const TYPED_INTO = ["INPUT", "TEXTAREA", "SELECT"];
  // A letter that is held down counts once: else it would judge one result after the other, unseen.
  const LETTER = /^[a-z]$/;
  window.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = TYPED_INTO.includes(target.tagName) && !["range", "checkbox"].includes(target.type);
    if (typing || target.isContentEditable || event.metaKey || event.altKey) return;
    if (target.getAttribute && target.getAttribute("role") === "slider" && event.key.startsWith("Arrow")) return;
    if (event.key === "?") return document.querySelector("[data-action=help]")?.click();
    if (document.querySelector(".v-dialog.v-overlay--active")) return;
    const key = (event.ctrlKey ? "Ctrl+" : "") + event.key;
    if (event.ctrlKey && !["z", "y"].includes(event.key)) return;
    if (event.repeat && LETTER.test(key)) return;
    if (window.trame && window.trame.state.get("room_keys")?.includes(key)) {
      event.preventDefault();
      const lookedAt = document.querySelector("[data-looked-at]")?.dataset.lookedAt;
      window.trame.trigger("room_key", [key, lookedAt ?? ""]);
    }
  });

  // A click acts on what was typed and chosen before it. While an answer is awaited, trame holds that back, but no click:
  // a remark would be missing from its verdict and then go to the next case.
  const HELD_BACK_MS = 20;
  async function told(trame) {
    while (trame.state.dirtyKeys?.size && trame.client.isConnected()) {
      await trame.state.flush();
      if (trame.state.pushFailed) return;
      if (trame.state.dirtyKeys?.size) await new Promise((resolve) => setTimeout(resolve, HELD_BACK_MS));
    }
  }

  function keepOrder(trame) {
    const trigger = trame.trigger;
    let before = Promise.resolve();
    trame.trigger = async (...words) => {
      before = before.then(() => told(trame));
      await before;
      return trigger(...words);
    };
  }
  if (window.trame) keepOrder(window.trame);

  function tellLost() {
    if (document.querySelector("[data-panel=lost]")) return;
    const panel = document.createElement("div");
    panel.className = "room-lost";
    panel.dataset.panel = "lost";
    panel.setAttribute("role", "alert");
    panel.textContent =
      "The reading room has ended, or cannot be reached. What was kept is kept: start it again and open the address " +
      "that it prints.";
    document.body.appendChild(panel);
  }
  window.trame?.client?.onConnectionClose(tellLost);

  window.readingRoom = { pick, wipe };
})();
