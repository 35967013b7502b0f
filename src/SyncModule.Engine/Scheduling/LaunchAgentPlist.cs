using System.Globalization;
using System.Xml.Linq;

namespace SyncModule.Engine.Scheduling;

/// <summary>The property list of a launchd agent. Tested as text; not run on macOS by the project so far.</summary>
public static class LaunchAgentPlist
{
    public static string Of(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var document = new XDocument(
            new XDocumentType("plist", "-//Apple//DTD PLIST 1.0//EN", "http://www.apple.com/DTDs/PropertyList-1.0.dtd", null),
            new XElement("plist", new XAttribute("version", "1.0"),
                new XElement("dict",
                    Entry("Label", new XElement("string", plan.Name)),
                    Entry("ProgramArguments", new XElement("array", new[] { plan.Program }.Concat(plan.Arguments).Select(a => new XElement("string", a)))),
                    // launchd starts it when it is loaded, too; it never runs a job twice at once.
                    Entry("RunAtLoad", new XElement("true")),
                    Entry("StartInterval", new XElement("integer", ((long)plan.Every.TotalSeconds).ToString(CultureInfo.InvariantCulture))),
                    Entry("ProcessType", new XElement("string", "Background")))));
        return XmlText.Of(document, "UTF-8");
    }

    private static object[] Entry(string key, XElement value) => [new XElement("key", key), value];
}
