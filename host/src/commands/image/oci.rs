//! The second half of `skerry image build --oci`: writes an image that is built as an OCI image.

use serde_json::{Value, json};
use skerry_image::Image;
use skerry_oci::{CreationTime, Destination, PackedImage, Tag, Unikernel};

use super::describe;
use crate::arguments::OutputFormat;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::printer::Printer;
use crate::table::bytes;

/// Looks, before a build that takes minutes, whether its image could be written.
///
/// # Errors
/// When something else is there, or the environment asks for a time that is none.
pub(super) fn check(destination: &Destination) -> Result<(), Failure> {
    CreationTime::from_environment().map_err(Failure::usage)?;
    Ok(destination.check()?)
}

/// Writes the image and says what was written.
///
/// # Errors
/// When the image cannot be written where it should be, or stdout does not take the result.
pub(super) fn write(
    image: &Image,
    destination: &Destination,
    tag: Option<Tag>,
    output: OutputFormat,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let tag = tag.map_or_else(|| image.flavour.name().parse(), Ok)?;
    let created = CreationTime::from_environment().map_err(Failure::usage)?;
    let packed = skerry_oci::pack(&unikernel(image), created)?;
    // From here on it takes a moment only, and is done whole.
    if let Some(exit_code) = interrupt.exit_code() {
        return Ok(exit_code);
    }
    destination.write(&packed, &tag)?;
    let reference = destination.reference(&tag);
    match output {
        OutputFormat::Table => printer.result(&render(image, &packed, &reference))?,
        OutputFormat::Json => {
            let mut value = describe(image);
            value["oci"] = describe_oci(&packed, &reference, &tag);
            printer.json_result(&value)?;
        }
    }
    Ok(ExitCode::Success)
}

/// The image as the OCI crate wants to know it.
fn unikernel(image: &Image) -> Unikernel {
    let description = match &image.functions {
        None => image.flavour.description().to_owned(),
        Some(functions) => format!("{}, and the native functions of {functions}", image.flavour.description()),
    };
    Unikernel {
        flavour: image.flavour.name().to_owned(),
        description,
        // A hash of all sources and tools: the same sources are the same revision, in version control or not.
        revision: image.id.clone(),
        loader: image.loader.clone(),
        unikernel: image.unikernel.clone(),
    }
}

fn describe_oci(packed: &PackedImage, reference: &str, tag: &Tag) -> Value {
    let sizes = packed.sizes();
    json!({
        "reference": reference,
        "tag": tag.as_str(),
        "digest": packed.digest(),
        "layer_compressed_bytes": sizes.layer_compressed_bytes,
        "layer_bytes": sizes.layer_bytes,
        "image_bytes": sizes.image_bytes,
        "files": sizes.files,
    })
}

fn render(image: &Image, packed: &PackedImage, reference: &str) -> String {
    let sizes = packed.sizes();
    format!(
        "id         {}\nreference  {reference}\ndigest     {}\nsize       {}, of which the layer {}\nunpacked   {}, {} files\n",
        image.id,
        packed.digest(),
        bytes(sizes.image_bytes),
        bytes(sizes.layer_compressed_bytes),
        bytes(sizes.layer_bytes),
        sizes.files,
    )
}
