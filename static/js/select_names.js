// The back office: Select2 puts a field of its own beside a select, some time after the page is
// there, and gives it no name. It gets the select's.
(function () {
  function nameFields() {
    for (const select of document.querySelectorAll("select.select2-hidden-accessible[title]")) {
      const field = select.parentElement.querySelector(".select2-selection__rendered");
      if (field) field.setAttribute("aria-label", select.title);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    nameFields();
    new MutationObserver(nameFields).observe(document.body, { childList: true, subtree: true });
  });
})();
