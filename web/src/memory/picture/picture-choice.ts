/** The text of the fields; kept while another tab is shown. */
export interface PictureChoice {
  offset: string;
  width: string;
  height: string;
  stride: string;
  format: string;
  zoom: string;
}

export const PICTURE_CHOICE: PictureChoice = {
  offset: "0",
  width: "64",
  height: "48",
  stride: "",
  format: "gray8",
  zoom: "fit",
};
