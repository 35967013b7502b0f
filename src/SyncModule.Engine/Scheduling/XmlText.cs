using System.Xml.Linq;

namespace SyncModule.Engine.Scheduling;

/// <summary>XML as it stands in a file: with a declaration, indented, lines ended by \n.</summary>
internal static class XmlText
{
    public static string Of(XDocument document, string encoding) => $"<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{document.ToString().ReplaceLineEndings("\n")}\n";
}
